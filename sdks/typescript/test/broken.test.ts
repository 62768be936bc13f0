/** Streams that the server cannot give again: what goes on, goes on; what cannot, says so and never just ends. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test, type TestContext } from "node:test";
import { ConnectionFailed, InstallFailed, InvalidRequest, SandboxAgent, TokenInvalid, UnsupportedAgent } from "../src/index.js";
import { all, house, PATIENT } from "./house.js";
import { Proxy } from "./proxy.js";

const here = house();

async function behind(t: TestContext, seed: number, longest: number): Promise<[SandboxAgent, Proxy]> {
  const proxy = await Proxy.to(here.client.baseUrl, { seed, longest });
  t.after(() => proxy.close());
  return [await SandboxAgent.connect({ baseUrl: proxy.url, token: here.client.token as string }), proxy];
}

/** A server that answers everything with this much of a stream, and then breaks off or ends. */
async function saying(t: TestContext, words: string, breaks: boolean): Promise<SandboxAgent> {
  const server = createServer((_, response) => {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(words, () => (breaks ? response.destroy() : response.end()));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  t.after(() => server.close());
  return SandboxAgent.connect({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` });
}

test("the turn of a 0.1.x call goes on after a cut, each event once", PATIENT, async (t) => {
  const [client, proxy] = await behind(t, 5, 20_000);
  await client.createSession("old", { agent: "mock" });
  const events = await all(client.streamTurn("old", { message: "flood 150" }));
  assert.ok(proxy.streams > 3);
  assert.equal(events.at(-1)?.type, "turn.ended");
  const { events: whole } = await here.client.getEvents("old");
  assert.deepEqual(events, whole.slice(1));
});

test("all events of a 0.1.x call go on after a cut, each once", PATIENT, async (t) => {
  const [client, proxy] = await behind(t, 6, 20_000);
  const session = await client.createSession("all", { agent: "mock" });
  await session.send("flood 150").wait();
  await session.terminate();
  const before = proxy.streams;
  const events = await all(client.streamEvents("all"));
  assert.ok(proxy.streams > before + 1);
  assert.deepEqual(events, (await here.client.getEvents("all")).events);
});

test("what is read as the server sends it breaks where the connection breaks", PATIENT, async (t) => {
  const [client] = await behind(t, 1, 2_000);
  const session = await here.client.createSession("raw", { agent: "mock" });
  await session.send("flood 50").wait();
  await assert.rejects(async () => (await client.getEventsSse("raw")).text(), TypeError);
  await assert.rejects(async () => (await client.postMessageStream("raw", { message: "flood 50" })).text(), TypeError);
});

const DOWNLOADING = 'data: {"state":"downloading","what":"a file","bytes":1}\n\n';
const DONE = 'data: {"state":"done"}\n\n';
const PROBLEM = { type: "urn:sandbox-agent:error:install_failed", title: "No", status: 500, detail: "no disk" };
const FAILED = `data: {"state":"failed","problem":${JSON.stringify(PROBLEM)}}\n\n`;

for (const breaks of [true, false]) {
  test(`an installation that is not followed to its end is an error (${breaks ? "cut" : "ended"})`, PATIENT, async (t) => {
    const client = await saying(t, `: hello\n\n${DOWNLOADING}data: {"st`, breaks);
    const states: string[] = [];
    const reading = (async () => {
      for await (const { state } of client.followInstall("codex")) states.push(state);
    })();
    await assert.rejects(reading, ConnectionFailed);
    assert.deepEqual(states, ["downloading"]);
  });
}

test("what says that it is done is the end, whatever becomes of the connection", PATIENT, async (t) => {
  const client = await saying(t, DOWNLOADING + DONE, true);
  const states: string[] = [];
  for await (const { state } of client.followInstall("codex")) states.push(state);
  assert.deepEqual(states, ["downloading", "done"]);
});

test("an installation that fails says so, and then throws why", PATIENT, async (t) => {
  const client = await saying(t, DOWNLOADING + FAILED, false);
  const states: string[] = [];
  const reading = (async () => {
    for await (const { state } of client.followInstall("codex")) states.push(state);
  })();
  await assert.rejects(reading, (error: unknown) => {
    assert.ok(error instanceof InstallFailed);
    return error.message === "no disk" && error.status === 500;
  });
  assert.deepEqual(states, ["downloading", "failed"]);
});

test("a file that breaks off is an error, and what was downloaded before stays as it was", PATIENT, async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
  t.after(() => rm(folder, { recursive: true }));
  const client = await saying(t, "half of it", true);
  const target = join(folder, "file");
  await writeFile(target, "before");
  await assert.rejects(client.files.download("file", target), ConnectionFailed);
  assert.deepEqual([await readdir(folder), await readFile(target, "utf8")], [["file"], "before"]);
  const pieces: number[] = [];
  const reading = (async () => {
    for await (const piece of client.files.stream("file")) pieces.push(piece.length);
  })();
  await assert.rejects(reading, ConnectionFailed);
  assert.deepEqual(pieces, [10]);
  await assert.rejects(here.client.files.download("/nowhere/file", join(folder, "other")), InvalidRequest);
  assert.deepEqual(await readdir(folder), ["file"]);
});

test("pieces that a program makes are uploaded, and what it throws in between leaves no file", PATIENT, async () => {
  const { files } = await here.session();
  async function* pieces(fails: boolean): AsyncGenerator<Uint8Array> {
    for (let count = 0; count < 5; count += 1) yield new Uint8Array(100_000).fill(count);
    if (fails) throw new Error("out of pieces");
  }
  assert.equal((await files.write("made", pieces(false))).bytesWritten, 500_000);
  await assert.rejects(files.write("broken", pieces(true)));
  await assert.rejects(files.stat("broken"), InvalidRequest);
});

test("an installation that is refused has the error's class", PATIENT, async () => {
  await assert.rejects(here.client.followInstall("nobody").next(), UnsupportedAgent);
  const stranger = await SandboxAgent.connect({ baseUrl: here.client.baseUrl, token: "wrong" });
  await assert.rejects(stranger.followInstall("mock").next(), TokenInvalid);
});
