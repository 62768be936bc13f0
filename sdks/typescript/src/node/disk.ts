/** Files of this machine. */
import { randomUUID } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

/** Write a file that appears whole or not at all. */
export async function save(pieces: AsyncIterable<Uint8Array>, target: string): Promise<void> {
  const draft = join(dirname(target), `.${basename(target)}.${randomUUID()}.part`);
  const file = await open(draft, "wx");
  try {
    for await (const piece of pieces) await file.writeFile(piece);
    await file.close();
    await rename(draft, target);
  } catch (error) {
    await file.close();
    await rm(draft, { force: true });
    throw error;
  }
}
