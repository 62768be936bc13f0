/** Stores keep what they are given. SQLiteStore is tried where `node:sqlite` is: see tests/sdks/runtimes. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { StoreFailed } from "../src/index.js";
import { FileStore } from "../src/stores/file.js";
import { MemoryStore, missingFrom } from "../src/stores/index.js";
import { CONTRACTS, sample } from "../src/testing/index.js";
import { PATIENT } from "./house.js";

let folder = "";
let count = 0;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const place = (): string => join(folder, `store ${(count += 1)}`);

for (const { name, check } of CONTRACTS) {
  test(`in memory: ${name}`, PATIENT, () => {
    const store = new MemoryStore(); // what is in memory cannot be opened again
    return check(() => store);
  });

  test(`in files: ${name}`, PATIENT, () => {
    const path = place();
    return check(() => new FileStore(path));
  });
}

test("the suite notices a store that forgets, and one that takes everything", async () => {
  const [again, , , gap] = CONTRACTS;
  await assert.rejects(async () => again?.check(() => new MemoryStore()), /expected .*, got \[\]/);
  class Careless extends MemoryStore {
    override append(): void {}
  }
  await assert.rejects(async () => gap?.check(() => new Careless()), /expected StoreFailed/);
});

test("what comes after a gap is refused, with words", () => {
  assert.deepEqual(missingFrom(2, sample(1, 2, 3)), sample(3));
  assert.throws(() => missingFrom(2, sample(4)), (error: unknown) => {
    assert.ok(error instanceof StoreFailed);
    return error.code === "store_failed" && /event 4 came where 3 is missing/.test(error.message);
  });
});

test("what a killed program has left half written is stepped over", PATIENT, async () => {
  const path = place();
  const first = new FileStore(path);
  await first.append("s", "log", sample(1, 2));
  const file = (await readdir(path)).find((name) => name !== "logs.jsonl") as string;
  await appendFile(join(path, file), '{"sequence":3,"da');
  const second = new FileStore(path);
  assert.equal(await second.last("s", "log"), 2);
  await second.append("s", "log", sample(3, 4));
  await first.append("s", "log", sample(4, 5));
  for (const store of [first, second, new FileStore(path)]) {
    assert.deepEqual(await store.events("s"), sample(1, 2, 3, 4, 5));
  }
});

test("a session that is forgotten leaves no file, also for a store that had read it", PATIENT, async () => {
  const path = place();
  const [one, other] = [new FileStore(path), new FileStore(path)];
  await one.append("s", "log", sample(1, 2));
  assert.equal(await other.last("s", "log"), 2);
  await one.delete("s");
  assert.deepEqual(await readdir(path), ["logs.jsonl"]);
  assert.deepEqual(await other.events("s"), []);
  await other.append("s", "log", sample(1));
  assert.deepEqual(await one.events("s"), sample(1));
});

const WRITER = (file: string, kit: string): string => `
  import { FileStore } from ${JSON.stringify(file)};
  import { sample } from ${JSON.stringify(kit)};
  const store = new FileStore(process.argv[1]);
  console.log("ready");
  process.stdin.once("data", async () => {
    for (let sequence = 1; sequence <= 200; sequence += 1) await store.append("s", "log", sample(sequence));
    process.stdin.destroy();
  });
`;

test("several programs write one log, each event once", PATIENT, async () => {
  const path = place();
  const built = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const code = WRITER(built("../src/stores/file.js"), built("../src/testing/index.js"));
  const argv = ["--input-type=module", "--eval", code, path];
  const writers = [1, 2, 3].map(() => spawn(process.execPath, argv, { stdio: ["pipe", "pipe", "inherit"] }));
  const ended = writers.map((writer) => once(writer, "exit"));
  await Promise.all(writers.map((writer) => once(writer.stdout, "data")));
  for (const writer of writers) writer.stdin.write("go");
  assert.deepEqual(await Promise.all(ended), [[0, null], [0, null], [0, null]]);
  const sequences = Array.from({ length: 200 }, (_, index) => index + 1);
  assert.deepEqual(await new FileStore(path).events("s"), sample(...sequences));
  const lines = (await readFile(join(path, "logs.jsonl"), "utf8")).trim().split("\n");
  assert.equal((await readdir(path)).length, 2, lines.join());
});
