import { ApiError } from "sandbox-agent";

/** What went wrong, as a person is told it, with what to do about it. */
export function wordsOf(error: unknown): string {
  if (error instanceof ApiError && error.hint) return `${error.message} (${error.hint})`;
  return error instanceof Error ? error.message : String(error);
}
