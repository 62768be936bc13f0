import { useEffect, useState } from "react";
import { attempt } from "./toasts";

const SHOWN_MS = 1500;

/** Copies a text that is made when it is asked for. */
export function CopyButton({ text, label = "Copy" }: { text: () => string | Promise<string>; label?: string }) {
  const [copies, setCopies] = useState(0);
  const [done, setDone] = useState(false);
  useEffect(() => {
    if (!copies) return;
    setDone(true);
    const timer = setTimeout(() => setDone(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [copies]);
  const copy = async (): Promise<void> => {
    await write(await text());
    setCopies((count) => count + 1);
  };
  return (
    <button type="button" className="quiet" onClick={() => void attempt(copy())}>
      <span aria-live="polite">{done ? "Copied" : label}</span>
    </button>
  );
}

/** Into the clipboard. A page that came over plain HTTP from another machine has none of its own, only the old command. */
async function write(text: string): Promise<void> {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const fill = (event: ClipboardEvent): void => {
    event.clipboardData?.setData("text/plain", text);
    event.preventDefault();
  };
  document.addEventListener("copy", fill, { once: true });
  const done = document.execCommand("copy");
  document.removeEventListener("copy", fill);
  if (!done) throw new Error("the browser refused to copy; over HTTPS, or from localhost, it lets this page");
}
