/** The little that a suite without a test framework has to check with. */

/** Throws unless both are alike, whatever the order of the fields of their objects. */
export function same(found: unknown, expected: unknown): void {
  const [got, wanted] = [written(found), written(expected)];
  if (got !== wanted) throw new Error(`expected ${wanted.slice(0, 500)}, got ${got.slice(0, 500)}`);
}

/** Throws unless `work` throws an error of this kind. */
export async function refused(work: () => Promise<unknown>, kind: new (message: string) => Error): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (error instanceof kind) return;
    throw error;
  }
  throw new Error(`expected ${kind.name}, and nothing was thrown`);
}

function written(value: unknown): string {
  return JSON.stringify(value, (_, part: unknown) => {
    if (typeof part !== "object" || part === null || Array.isArray(part)) return part;
    return Object.fromEntries(Object.entries(part).sort(([one], [other]) => (one < other ? -1 : 1)));
  });
}
