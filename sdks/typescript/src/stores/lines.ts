/** An append-only file of JSON lines that several programs may write at once without a lock. */
import { type FileHandle, open } from "node:fs/promises";

const LF = 10;
const CHUNK = 1024 * 1024;

/**
 * Hears of each line once, whoever wrote it.
 *
 * Lines are appended by one write each time, which the operating system does not mix with another's. What a program left
 * half written when it was killed is stepped over: whoever writes next begins on a line of its own.
 */
export class Lines {
  /** How far whole lines were read, in bytes. */
  #read = 0;
  #torn = false;

  constructor(
    readonly path: string,
    /** Called with each value and where it is in the file. */
    private readonly hear: (value: unknown, start: number, end: number) => void,
  ) {}

  /** Read what came since; a file that is not there is empty. */
  async refresh(): Promise<void> {
    const file = await opened(this.path);
    if (!file) return;
    try {
      let rest = Buffer.alloc(0);
      for (;;) {
        const { bytesRead, buffer } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, this.#read + rest.length);
        if (!bytesRead) break;
        rest = this.#take(Buffer.concat([rest, buffer.subarray(0, bytesRead)]));
      }
      this.#torn = rest.length > 0;
    } finally {
      await file.close();
    }
  }

  /** Write values as lines; `refresh` tells whether they have got there. */
  async append(values: readonly unknown[]): Promise<void> {
    const lines = values.map((value) => `${JSON.stringify(value)}\n`).join("");
    const bytes = Buffer.from(this.#torn ? `\n${lines}` : lines);
    const file = await open(this.path, "a");
    try {
      for (let done = 0; done < bytes.length; ) done += (await file.write(bytes, done)).bytesWritten;
    } finally {
      await file.close();
    }
  }

  /** The values between pairs of places. */
  async slices(places: readonly (readonly [number, number])[]): Promise<unknown[]> {
    const [first, last] = [places[0], places.at(-1)];
    const file = first && last && (await opened(this.path));
    if (!file) return [];
    try {
      const bytes = Buffer.alloc(last[1] - first[0]);
      await file.read(bytes, 0, bytes.length, first[0]);
      return places.map(([start, end]) => parsed(bytes.subarray(start - first[0], end - first[0])));
    } finally {
      await file.close();
    }
  }

  /** Hear of the whole lines; what is left after them. */
  #take(bytes: Buffer): Buffer<ArrayBuffer> {
    let start = 0;
    for (let end = bytes.indexOf(LF); end >= 0; end = bytes.indexOf(LF, start)) {
      const value = parsed(bytes.subarray(start, end));
      if (value !== undefined) this.hear(value, this.#read + start, this.#read + end);
      start = end + 1;
    }
    this.#read += start;
    return Buffer.from(bytes.subarray(start));
  }
}

function parsed(line: Buffer): unknown {
  try {
    return JSON.parse(line.toString());
  } catch {
    return undefined; // empty, or half written
  }
}

async function opened(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}
