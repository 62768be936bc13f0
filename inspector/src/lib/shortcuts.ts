/** Single keys, wherever nobody is writing. */
import { useEffect } from "react";
import { show, view } from "./address";
import type { Sessions } from "./sessions";
import { toggleTheme } from "./theme";

interface Actions {
  sessions: Sessions;
  open: (id: string) => void;
  create: () => void;
  help: () => void;
  toggleDebug: () => void;
}

export function useShortcuts(actions: Actions): void {
  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (event.defaultPrevented || event.metaKey || event.altKey || isBusy(event.target)) return;
      const action = event.ctrlKey ? undefined : KEYS[event.key];
      if (!action) return;
      event.preventDefault();
      action(actions);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
}

const KEYS: Record<string, (actions: Actions) => void> = {
  n: ({ create }) => create(),
  "?": ({ help }) => help(),
  d: ({ toggleDebug }) => toggleDebug(),
  t: () => toggleTheme(),
  c: () => show({ name: "compare" }),
  "/": () => document.querySelector<HTMLElement>("#search")?.focus(),
  i: () => document.querySelector<HTMLElement>("#composer")?.focus(),
  j: (actions) => step(actions, 1),
  k: (actions) => step(actions, -1),
};

function step({ sessions, open }: Actions, by: number): void {
  const all = sessions.listing.get().sessions;
  const now = view.get();
  const index = all.findIndex((session) => now.name === "sessions" && session.sessionId === now.id);
  const next = all[index < 0 ? 0 : Math.min(Math.max(index + by, 0), all.length - 1)];
  if (next) open(next.sessionId);
}

/** Whether keys have a meaning where they were pressed: a field, or a dialog. */
export function isBusy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || !!target.closest("dialog");
}
