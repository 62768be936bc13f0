/** An id for a session that nobody named. */
export function newId(): string {
  return `session-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).padStart(7, "0")}`;
}
