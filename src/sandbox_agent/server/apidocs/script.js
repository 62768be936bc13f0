"use strict";
// Narrows the page down to what is looked for, and copies examples. The page reads well without it.
const field = document.getElementById("find");
const entries = [...document.querySelectorAll("[data-find]")];

function narrow() {
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  for (const entry of entries) {
    entry.hidden = !words.every((word) => entry.dataset.find.includes(word));
  }
  for (const group of document.querySelectorAll("nav ul, main > section:not(.introduction)")) {
    const none = words.length > 0 && !group.querySelector("[data-find]:not([hidden])");
    group.hidden = none;
    if (group.previousElementSibling?.matches("nav h2")) group.previousElementSibling.hidden = none;
  }
}

field.addEventListener("input", narrow);
field.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    field.value = "";
    narrow();
    field.blur();
  }
});
document.addEventListener("keydown", (event) => {
  const typing = event.target instanceof HTMLInputElement;
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    event.preventDefault();
    field.focus();
  }
});
// What a link leads to must be there to be seen.
window.addEventListener("hashchange", () => {
  const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
  if (target !== null && (target.hidden || target.closest("[hidden]") !== null)) {
    field.value = "";
    narrow();
    target.scrollIntoView();
  }
});
for (const button of document.querySelectorAll("button.copy")) {
  button.addEventListener("click", async () => {
    const text = button.previousElementSibling.textContent.replaceAll("$BASE", location.origin);
    try {
      await navigator.clipboard.writeText(text);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed";
    }
    setTimeout(() => (button.textContent = "Copy"), 1500);
  });
}
