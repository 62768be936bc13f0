/** Ended sessions that somebody does not want to see any more; this browser remembers which. */
import { Store } from "./store";

const KEPT = "sandbox-agent.archived";

function kept(): readonly string[] {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEPT) ?? "[]");
    return Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];
  } catch {
    return [];
  }
}

/** Their `logId`s: a session's id may be used again. */
export const archived = new Store<readonly string[]>(kept());

export function toggleArchived(logId: string): void {
  archived.update((all) => (all.includes(logId) ? all.filter((each) => each !== logId) : [...all, logId]));
  localStorage.setItem(KEPT, JSON.stringify(archived.get()));
}
