/** Who has left leaves nothing: no socket, no timer, no listener on a signal, no child process. */
import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { SandboxAgent } from "../src/index.js";
import { binary, house, PATIENT, until } from "./house.js";
import { Proxy } from "./proxy.js";

const here = house();

/** How many of what Node keeps itself awake for. */
function held(kind: string): number {
  return process.getActiveResourcesInfo().filter((name) => name === kind).length;
}

async function children(): Promise<string[]> {
  const listed = await readFile(`/proc/self/task/${process.pid}/children`, "utf8");
  return listed.trim().split(" ").filter(Boolean);
}

test("streams, turns, requests and installations that are left hold no timer, socket or listener", PATIENT, async (t) => {
  const proxy = await Proxy.to(here.client.baseUrl);
  t.after(() => proxy.close());
  const client = await SandboxAgent.connect({ baseUrl: proxy.url, token: here.client.token as string });
  const session = await client.createSession("left", { agent: "mock" });
  await session.files.write("file", "x".repeat(100_000));
  const timers = held("Timeout");
  const { signal } = new AbortController();
  for (let round = 0; round < 5; round += 1) {
    for await (const _ of session.stream({ signal })) break;
    const turn = session.send("slow 100000", { signal });
    await until(turn, "item.delta");
    await turn.close();
    await session.interrupt();
    for await (const _ of session.files.stream("file", { signal })) break;
    const requests = session.requests({ signal });
    const waiting = requests.next();
    await requests.close();
    assert.deepEqual(await waiting, { done: true, value: undefined });
    for await (const _ of client.followInstall("mock", {}, signal)) break;
    for await (const _ of client.streamTurn("left", { message: "hello" }, {}, signal)) break;
  }
  await proxy.allClosed();
  assert.equal(held("Timeout"), timers);
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("a client that is disposed holds no connection to its socket", PATIENT, async () => {
  const before = [held("PipeWrap"), held("Timeout")];
  const spawn = { binaryPath: binary(), timeoutMs: 60_000, mockPace: 0, socket: join(here.folder, "left.sock") };
  const client = await SandboxAgent.start({ spawn });
  await (await client.createSession("s", { agent: "mock" })).send("hello").wait();
  for await (const _ of client.session("s").stream()) break;
  await client.dispose();
  await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual([held("PipeWrap"), held("Timeout")], before);
});

test("what is disposed has no child left, and what could not start neither", PATIENT, async () => {
  const before = await children();
  for (let round = 0; round < 2; round += 1) {
    await using client = await SandboxAgent.start({ spawn: { binaryPath: binary(), timeoutMs: 60_000 } });
    assert.equal((await children()).length, before.length + 1);
    await client.getHealth();
  }
  const broken = { binaryPath: binary(), timeoutMs: 60_000, host: "203.0.113.1" };
  await assert.rejects(SandboxAgent.start({ spawn: broken }));
  assert.deepEqual(await children(), before);
});

test("a session in an `await using` block is terminated at its end, also when it was deleted before", PATIENT, async () => {
  {
    await using session = await here.client.createSession("used", { agent: "mock" });
    await session.send("hello").wait();
  }
  assert.equal((await here.client.session("used").info()).ended, true);
  await using gone = await here.client.createSession("gone", { agent: "mock" });
  await gone.delete();
});
