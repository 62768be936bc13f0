/** Connections break; events do not get lost, come twice, or come out of order. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { after, test } from "node:test";
import { launch } from "../src/daemon/index.js";
import { ConnectionFailed, RequestTimeout, SandboxAgent, SessionNotFound } from "../src/index.js";
import { all, binary, house, PATIENT, until } from "./house.js";
import { Proxy, type ProxyOptions } from "./proxy.js";

const here = house();
const proxies: Proxy[] = [];

after(async () => {
  for (const proxy of proxies) await proxy.close();
});

async function behind(
  options?: ProxyOptions,
  reconnects = 10,
  target = here.client.baseUrl,
): Promise<[SandboxAgent, Proxy]> {
  const proxy = await Proxy.to(target, options);
  proxies.push(proxy);
  const token = here.client.token as string;
  return [await SandboxAgent.connect({ baseUrl: proxy.url, token, reconnects }), proxy];
}

for (const seed of [1, 2, 3]) {
  test(`each event comes once and in order however often the connection is cut (${seed})`, PATIENT, async () => {
    const [client, proxy] = await behind({ seed, longest: 20_000 });
    const session = await client.createSession(`cut ${seed}`, { agent: "mock" });
    const turn = await all(session.send("flood 150"));
    await session.terminate();
    const events = await all(session.stream());
    assert.ok(proxy.streams > 3);
    assert.deepEqual(events.map((event) => event.sequence), events.map((_, index) => index + 1));
    assert.deepEqual(turn, events.slice(1, -1));
    assert.equal(turn.at(-1)?.type, "turn.ended");
  });
}

test("a cut in the middle of a character loses nothing", PATIENT, async () => {
  const [client, proxy] = await behind({ seed: 7, longest: 4_000 });
  const session = await client.createSession("characters", { agent: "mock" });
  const text = `! ${"\u2028ü😀".repeat(60)}`;
  assert.equal((await session.send(text).wait()).text, text);
  assert.ok(proxy.streams > 1);
});

test("a stream that never gets further gives up", PATIENT, async () => {
  const [client, proxy] = await behind({ seed: 1, longest: 1 }, 2);
  const session = await client.createSession("stuck", { agent: "mock" });
  await assert.rejects(all(session.stream()), (error: unknown) => {
    assert.ok(error instanceof ConnectionFailed);
    return /lost the stream after event 0/.test(error.message);
  });
  assert.equal(proxy.streams, 3);
});

test("who stops early leaves no connection, also while an event is awaited", PATIENT, async () => {
  const [client, proxy] = await behind();
  const session = await client.createSession("early", { agent: "mock" });
  for (let count = 0; count < 10; count += 1) {
    for await (const event of session.stream()) {
      assert.equal(event.sequence, 1);
      break;
    }
  }
  const waiting = session.stream({ offset: 1 });
  const next = waiting.next();
  await waiting.close();
  assert.deepEqual(await next, { done: true, value: undefined });
  const turn = session.send("slow 100000");
  await until(turn, "item.delta");
  await turn.close();
  const old = client.streamEvents("early");
  await old.next();
  await old.return();
  await proxy.allClosed();
  assert.equal(proxy.streams, 12);
  await session.interrupt();
});

test("a slow reader gets everything that a quick one gets", PATIENT, async () => {
  const session = await here.session();
  const slow: number[] = [];
  const reading = (async () => {
    for await (const event of session.stream()) {
      slow.push(event.sequence);
      if (slow.length < 100) await new Promise((resolve) => setImmediate(resolve));
      if (slow.length === 100) await session.send("flood 300").wait(); // 900 events come while this one waits
    }
  })();
  await session.send("flood 50").wait();
  while (slow.length <= 100) await new Promise((resolve) => setImmediate(resolve));
  await session.terminate();
  await reading;
  assert.ok(slow.length > 1000);
  assert.deepEqual(slow, slow.map((_, index) => index + 1));
});

test("a session that is deleted ends its streams", PATIENT, async () => {
  const session = await here.session();
  const stream = session.stream();
  await stream.next();
  await session.delete();
  const rest = await all(stream).catch((error: unknown) => {
    assert.ok(error instanceof SessionNotFound);
    return [];
  });
  assert.ok(rest.length === 0 || rest.at(-1)?.type === "session.ended");
});

test("a server that is killed and started anew in mid-stream is noticed, and no event comes twice", PATIENT, async (t) => {
  const options = { binaryPath: binary(), mockPace: 0.002, timeoutMs: 60_000, token: here.client.token as string };
  const first = await launch(options);
  t.after(() => first.close());
  const [client, proxy] = await behind({ seed: 9, longest: 20_000 }, 100, first.baseUrl);
  const session = await client.createSession("restart", { agent: "mock" });
  const turn = session.send("slow 100000");
  const seen = [(await until(turn, "item.delta")).sequence];
  first.process.ref(); // a daemon alone keeps no program awake
  const gone = once(first.process, "exit");
  first.process.kill("SIGKILL");
  await gone;
  const port = Number(new URL(first.baseUrl).port);
  const second = await SandboxAgent.start({ spawn: { ...options, port } });
  t.after(() => second.dispose());
  const read = async (): Promise<void> => {
    for await (const event of turn) seen.push(event.sequence);
  };
  await assert.rejects(read(), SessionNotFound);
  assert.ok(proxy.streams > 1);
  assert.deepEqual(seen, seen.map((_, index) => (seen[0] as number) + index));
  assert.equal((await client.listSessions()).sessions.length, 0);
});

test("a server that is gone, or that does not answer, is told apart", PATIENT, async () => {
  const silent = createServer(() => undefined).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const baseUrl = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  const patient = await SandboxAgent.connect({ baseUrl, timeoutMs: 50 });
  await assert.rejects(patient.getHealth(), RequestTimeout);
  silent.close();
  const lonely = await SandboxAgent.connect({ baseUrl: "http://127.0.0.1:1", reconnects: 1 });
  await assert.rejects(lonely.getHealth(), ConnectionFailed);
  await assert.rejects(lonely.session("any").send("hello").wait(), ConnectionFailed);
  await assert.rejects(all(lonely.session("any").stream()), ConnectionFailed);
});
