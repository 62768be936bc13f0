/** Events that a client reads are in its store, each once, whatever breaks: a connection, the client, the server. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline/promises";
import { after, before, test, type TestContext } from "node:test";
import { fileURLToPath } from "node:url";
import { launch } from "../src/daemon/index.js";
import { LogReplaced, SandboxAgent, SessionNotFound, type Store } from "../src/index.js";
import { FileStore } from "../src/stores/file.js";
import { MemoryStore, read } from "../src/stores/index.js";
import type { Event } from "../src/index.js";
import { all, binary, house, PATIENT, until } from "./house.js";
import { Proxy } from "./proxy.js";

const here = house();
let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

const keeping = (store: Store, baseUrl = here.client.baseUrl): Promise<SandboxAgent> =>
  SandboxAgent.connect({ baseUrl, token: here.client.token as string, store });

async function kept(store: Store, id: string, logId?: string): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of read(store, id, { logId })) events.push(event);
  return events;
}

const history = async (client: SandboxAgent, id: string): Promise<Event[]> =>
  (await client.getEvents(id, { limit: 100_000 })).events;

const numbers = (events: Event[]): number[] => events.map((event) => event.sequence);

test("a turn is kept together with all that came before it", PATIENT, async () => {
  const store = new MemoryStore();
  const client = await keeping(store);
  const { id } = await here.session();
  await here.client.session(id).send("markdown").wait();
  const turn = await all(client.session(id).send("hello"));
  assert.equal(turn[0]?.type, "turn.started");
  const whole = await history(client, id);
  assert.deepEqual(await kept(store, id), whole);
  assert.deepEqual(turn, whole.slice(-turn.length));
});

test("a stream goes on after what is stored", PATIENT, async () => {
  const store = new FileStore(join(folder, "resumed"));
  const client = await keeping(store);
  const session = client.session((await here.session()).id);
  await session.send("hello");
  const stream = session.stream({ offset: "stored" });
  const { sequence } = await until(stream, "turn.ended");
  await stream.close();
  await session.send("again");
  await session.terminate();
  const rest = await all(session.stream({ offset: "stored" }));
  const whole = await history(client, session.id);
  assert.deepEqual(numbers(rest), numbers(whole).slice(sequence));
  assert.deepEqual(await all(session.stream({ offset: "stored" })), []);
  assert.deepEqual(await all(session.stream()), whole);
  assert.deepEqual(await all(session.stream({ offset: 3 })), whole.slice(3));
  assert.deepEqual(await kept(store, session.id), whole);
});

test("a stream from the middle keeps what came before it too", PATIENT, async () => {
  const store = new MemoryStore();
  const session = (await keeping(store)).session((await here.session()).id);
  await session.send("hello").wait();
  await session.terminate();
  const client = await keeping(new MemoryStore());
  const events = await all(client.session(session.id).stream({ offset: 4 }));
  assert.equal(events[0]?.sequence, 5);
});

test("without a store there is nothing stored", PATIENT, async () => {
  const session = await here.session();
  assert.throws(() => session.stream({ offset: "stored" }), /no store/);
});

test("what a store throws ends the stream, and nothing that is not kept is given", PATIENT, async () => {
  class Full extends MemoryStore {
    override append(): void {
      throw new Error("the disk is full");
    }
  }
  const session = (await keeping(new Full())).session((await here.session()).id);
  const seen: Event[] = [];
  const reading = (async () => {
    for await (const event of session.stream()) seen.push(event);
  })();
  await assert.rejects(reading, /the disk is full/);
  assert.deepEqual(seen, []);
});

test("the store has each event once however often the connection is cut", PATIENT, async (t) => {
  const proxy = await Proxy.to(here.client.baseUrl, { seed: 4, longest: 20_000 });
  t.after(() => proxy.close());
  const store = new FileStore(join(folder, "cut"));
  const client = await keeping(store, proxy.url);
  const session = await client.createSession("cut and kept", { agent: "mock" });
  await session.send("flood 150").wait();
  await session.terminate();
  const events = await all(session.stream());
  assert.ok(proxy.streams > 3);
  assert.deepEqual(numbers(events), events.map((_, index) => index + 1));
  assert.deepEqual(await kept(store, session.id), events);
});

interface Restartable {
  proxy: Proxy;
  /** A client of the daemon that takes over. */
  second: SandboxAgent;
  /** The first is killed; from now on the proxy leads to the second. */
  restart(): Promise<void>;
}

/** Two daemons of one token, and a cutting proxy that leads to the first. */
async function restartable(t: TestContext, seed: number): Promise<Restartable> {
  const token = here.client.token as string;
  const options = { binaryPath: binary(), mockPace: 0.002, timeoutMs: 60_000, token };
  const first = await launch(options);
  t.after(() => first.close());
  const second = await SandboxAgent.start({ spawn: options });
  t.after(() => second.dispose());
  const proxy = await Proxy.to(first.baseUrl, { seed, longest: 20_000 });
  t.after(() => proxy.close());
  const restart = async (): Promise<void> => {
    proxy.target = second.baseUrl;
    first.process.ref(); // a daemon alone keeps no program awake
    const gone = once(first.process, "exit");
    first.process.kill("SIGKILL");
    await gone;
  };
  return { proxy, second, restart };
}

test("a server that starts anew in mid-stream has a new log, and the store has both", PATIENT, async (t) => {
  const { proxy, second, restart } = await restartable(t, 11);
  const store = new FileStore(join(folder, "anew"));
  const client = await keeping(store, proxy.url);
  await (await client.createSession("s", { agent: "mock" })).send("slow 100000");
  const seen: number[] = [];
  const follow = async (): Promise<void> => {
    for await (const event of client.session("s").stream()) {
      seen.push(event.sequence);
      if (seen.length !== 60) continue;
      await (await second.createSession("s", { agent: "mock" })).send("flood 100");
      await restart();
    }
  };
  await assert.rejects(follow(), LogReplaced);
  assert.deepEqual(seen, seen.map((_, index) => index + 1));
  const again = client.session("s").stream({ offset: "stored" });
  await until(again, "turn.ended");
  await again.close();
  const [old = "", young = "", ...more] = await store.logs("s");
  assert.deepEqual(more, []);
  assert.deepEqual(numbers(await kept(store, "s", old)), seen);
  assert.deepEqual(await kept(store, "s", young), await history(client, "s"));
});

test("a session that a restart has forgotten is an error, and stays in the store", PATIENT, async (t) => {
  const { proxy, restart } = await restartable(t, 3);
  const store = new MemoryStore();
  const client = await keeping(store, proxy.url);
  const session = await client.createSession("s", { agent: "mock" });
  await session.send("hello").wait();
  const whole = await history(client, "s");
  const follow = async (): Promise<void> => {
    for await (const event of session.stream()) if (event.type === "turn.ended") await restart();
  };
  await assert.rejects(follow(), SessionNotFound);
  assert.deepEqual(await kept(store, "s"), whole);
});

const READER = (index: string, file: string): string => `
  import { SandboxAgent } from ${JSON.stringify(index)};
  import { FileStore } from ${JSON.stringify(file)};
  const [baseUrl, token, id, path] = process.argv.slice(1);
  const client = await SandboxAgent.connect({ baseUrl, token, store: new FileStore(path) });
  for await (const event of client.session(id).stream({ offset: "stored" })) console.log(event.sequence);
`;

test("a client that is killed goes on where its store ends", PATIENT, async () => {
  const { baseUrl, token } = here.client;
  const session = await here.session();
  const turn = session.send("flood 600");
  await turn;
  const path = join(folder, "killed");
  const built = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const code = READER(built("../src/index.js"), built("../src/stores/file.js"));
  const argv = ["--input-type=module", "--eval", code, baseUrl, token as string, session.id, path];
  const reader = (): ReturnType<typeof spawn> => spawn(process.execPath, argv, { stdio: ["ignore", "pipe", "inherit"] });
  for (const patience of [10, 30]) {
    const killed = reader();
    let lines = 0;
    for await (const _ of createInterface({ input: killed.stdout as NodeJS.ReadableStream })) {
      lines += 1;
      if (lines === patience) killed.kill("SIGKILL");
    }
    assert.ok(lines >= patience);
  }
  await turn.wait();
  await session.terminate();
  const last = reader();
  const exit = once(last, "exit");
  const sequences: number[] = [];
  for await (const line of createInterface({ input: last.stdout as NodeJS.ReadableStream })) sequences.push(Number(line));
  assert.deepEqual(await exit, [0, null]);
  const whole = await history(here.client, session.id);
  assert.ok((sequences[0] as number) > 10);
  assert.deepEqual(await kept(new FileStore(path), session.id), whole);
});
