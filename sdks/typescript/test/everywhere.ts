/**
 * What must work wherever the package says it does: a program, run with the package installed (tests/sdks/test_runtimes.py).
 *
 * Its arguments: the file of scenarios, a folder, the address of a server and its token. What it prints is JSON: for each
 * thing that was tried what went wrong, and a process that must end with this one.
 */
import { mkdirSync, readFileSync } from "node:fs";
import process from "node:process";
import { launch } from "../src/daemon/index.js";
import { SandboxAgent } from "../src/index.js";
import { FileStore } from "../src/stores/file.js";
import { MemoryStore, read, type Store } from "../src/stores/index.js";
import { SQLiteStore } from "../src/stores/sqlite.js";
import { CONTRACTS } from "../src/testing/index.js";
import { play, type Scenario } from "./scenarios.js";

const [scenarioFile = "", folder = "", baseUrl = "", token = ""] = process.argv.slice(2);
const scenarios = JSON.parse(readFileSync(scenarioFile, "utf8")) as Scenario[];
const spawn = { mockPace: 0.002, timeoutMs: 60_000, dataDir: folder, cwd: folder };
const wrong: Record<string, string[]> = {};

/** Each scenario with this client. */
async function played(name: string, client: SandboxAgent): Promise<void> {
  for (const scenario of scenarios) {
    wrong[`${name}: ${scenario.name}`] = await play(client, scenario, `${name} ${scenario.name}`, folder);
  }
  await uploaded(client);
  await client.dispose();
}

/** Bytes there and back, also where they are refused. */
async function uploaded(client: SandboxAgent): Promise<void> {
  const { files } = await client.createSession("uploading", { agent: "mock", directory: folder });
  const bytes = new Uint8Array(3_000_000).fill(7);
  for (const body of [bytes, new Blob([bytes]), new Response(bytes).body as ReadableStream<Uint8Array>]) {
    await files.write("big", body);
    await files.download("big", `${folder}/copy`);
    const copy = readFileSync(`${folder}/copy`);
    wrong[`an upload to ${client.baseUrl}`] = copy.equals(bytes) ? [] : [`${copy.length} bytes`];
  }
  const stranger = await SandboxAgent.connect({ baseUrl: client.baseUrl, token: "wrong" });
  const refused = await stranger.files.write("never", bytes).then(() => "taken", (error: Error) => error.name);
  wrong[`a refusal by ${client.baseUrl}`] = refused === "TokenInvalid" ? [] : [refused];
}

async function kept(name: string, opener: (place: string) => () => Store | Promise<Store>): Promise<void> {
  for (const [number, contract] of CONTRACTS.entries()) {
    const check = contract.check(opener(`${folder}/${name}-${number}`));
    wrong[`${name}: ${contract.name}`] = await check.then(() => [], (error: unknown) => [String(error)]);
  }
}

/** A file that Python reads afterwards, and what is in it. */
async function shared(): Promise<void> {
  const store = await SQLiteStore.open(`${folder}/shared.db`);
  const client = await SandboxAgent.connect({ baseUrl, token, store });
  const session = await client.createSession(`kept in ${folder}`, { agent: "mock" });
  await session.send("hello").wait();
  const sequences: number[] = [];
  for await (const event of read(store, session.id)) sequences.push(event.sequence);
  const { eventCount } = await session.info();
  wrong["a shared file"] = sequences.length === eventCount ? [] : [`${sequences.length} of ${eventCount}`];
  store.close();
}

mkdirSync(`${folder}/agent`, { recursive: true });
await played("remote", await SandboxAgent.connect({ baseUrl, token }));
await played("embedded", await SandboxAgent.start({ spawn }));
await played("socket", await SandboxAgent.start({ spawn: { ...spawn, socket: `${folder}/agent/sock` } }));
await kept("memory", () => {
  const store = new MemoryStore();
  return () => store;
});
await kept("file", (place) => () => new FileStore(place));
await kept("sqlite", (place) => () => SQLiteStore.open(place));
await shared();
const daemon = await launch(spawn); // nobody closes it: this program ends all the same, and so does the daemon
console.log(JSON.stringify({ wrong, pid: daemon.process.pid }));
