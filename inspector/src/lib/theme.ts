/** Light or dark: as the system has it, until somebody chooses. */
import { Store } from "./store";

export type Theme = "light" | "dark";

const KEPT = "sandbox-agent.theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

function chosen(): Theme | undefined {
  const value = localStorage.getItem(KEPT);
  return value === "light" || value === "dark" ? value : undefined;
}

const usual = (): Theme => (dark.matches ? "dark" : "light");

export const theme = new Store<Theme>(chosen() ?? usual());

export function applyTheme(): void {
  document.documentElement.dataset.theme = theme.get();
}

export function toggleTheme(): void {
  theme.set(theme.get() === "dark" ? "light" : "dark");
  localStorage.setItem(KEPT, theme.get());
}

theme.subscribe(applyTheme);
dark.addEventListener("change", () => theme.set(chosen() ?? usual()));
