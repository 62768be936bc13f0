/** A daemon at a unix socket, as well reached as one at a port. */
import assert from "node:assert/strict";
import { once } from "node:events";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { launch } from "../src/daemon/index.js";
import { ConnectionFailed, InvalidRequest, RequestTimeout, SandboxAgent, SessionNotFound, TokenInvalid } from "../src/index.js";
import { all, binary, PATIENT, until } from "./house.js";

let folder = "";
let mine: SandboxAgent;
let client: SandboxAgent;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
  const socket = join(folder, "agent's own.sock");
  const spawn = { binaryPath: binary(), mockPace: 0.002, dataDir: folder, cwd: folder, timeoutMs: 60_000, socket };
  mine = await SandboxAgent.start({ spawn });
  client = await SandboxAgent.connect({ baseUrl: `unix:${socket}`, token: mine.token as string });
});
after(async () => {
  await client?.dispose();
  await mine?.dispose();
  await rm(folder, { recursive: true, force: true });
});

test("only its owner can open it, and it names itself", PATIENT, async () => {
  const path = mine.baseUrl.replace(/^unix:/, "");
  assert.equal((await stat(path)).mode & 0o777, 0o600);
  assert.equal(client.baseUrl, `unix:${path}`);
  assert.deepEqual(await client.getHealth(), { status: "ok" });
});

test("turns, streams and refusals are those of a port", PATIENT, async () => {
  const session = await mine.createSession("a turn", { agent: "mock" });
  assert.equal((await client.session("a turn").send("hello ü").wait()).text, "hello ü");
  const live = client.session("a turn").stream();
  await until(live, "turn.ended");
  await session.terminate();
  assert.equal((await all(live)).at(-1)?.type, "session.ended");
  await assert.rejects(client.session("nobody").info(), SessionNotFound);
  await session.delete();
});

test("files go through it whatever they are given as", PATIENT, async () => {
  const { files } = await client.createSession("files", { agent: "mock" });
  const big = new Uint8Array(3_000_000).fill(7);
  for (const body of [big, big.buffer, new Blob([big]), new Response(big).body as ReadableStream<Uint8Array>]) {
    assert.equal((await files.write("big", body)).bytesWritten, big.length);
  }
  assert.deepEqual(await files.read("big"), big);
  await files.download("big", join(folder, "copy"));
  assert.equal((await readFile(join(folder, "copy"))).length, big.length);
  await assert.rejects(files.read("nothing"), InvalidRequest);
});

test("an upload that is refused before it is read is refused in the server's words", PATIENT, async () => {
  const stranger = await SandboxAgent.connect({ baseUrl: client.baseUrl, token: "wrong" });
  for (let count = 0; count < 20; count += 1) {
    await assert.rejects(stranger.files.write("never", new Uint8Array(8_000_000)), TokenInvalid);
  }
});

test("who stops early, or has no time, leaves the rest alone", PATIENT, async () => {
  const session = await client.createSession("early", { agent: "mock" });
  const turn = session.send("slow 100000");
  await until(turn, "item.delta");
  await turn.close();
  const leaving = new AbortController();
  const next = session.stream({ offset: 100_000, signal: leaving.signal }).next();
  leaving.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  const hasty = await SandboxAgent.connect({ baseUrl: client.baseUrl, token: client.token as string, timeoutMs: 1 });
  await assert.rejects(Promise.all(Array.from({ length: 20 }, () => hasty.listSessions())), RequestTimeout);
  await hasty.dispose();
  await session.interrupt();
});

test("a socket that nobody listens at, and a wrong address, are told", PATIENT, async () => {
  const nobody = await SandboxAgent.connect({ baseUrl: `unix:${join(folder, "none.sock")}`, retries: 0, reconnects: 0 });
  await assert.rejects(nobody.getHealth(), (error: unknown) => {
    assert.ok(error instanceof ConnectionFailed);
    return /no answer from unix:.*none\.sock: .*ENOENT/.test(error.message);
  });
  await assert.rejects(all(nobody.session("s").stream()), ConnectionFailed);
  await assert.rejects(SandboxAgent.connect({ baseUrl: "unix:" }), TypeError);
});

test("what a killed daemon has left is no hindrance, and one that is disposed leaves nothing", PATIENT, async () => {
  const socket = join(folder, "again.sock");
  const options = { binaryPath: binary(), timeoutMs: 60_000, socket };
  const killed = await launch(options);
  killed.process.ref(); // a daemon alone keeps no program awake
  const gone = once(killed.process, "exit");
  killed.process.kill("SIGKILL");
  await gone;
  assert.ok((await stat(socket)).isSocket());
  const again = await SandboxAgent.start({ spawn: options });
  assert.deepEqual(await again.getHealth(), { status: "ok" });
  await again.dispose();
  await assert.rejects(stat(socket), { code: "ENOENT" });
});

test("a daemon that cannot have the socket says so", PATIENT, async () => {
  const taken = mine.baseUrl.replace(/^unix:/, "");
  const spawn = { binaryPath: binary(), timeoutMs: 60_000 };
  await assert.rejects(SandboxAgent.start({ spawn: { ...spawn, socket: taken } }), ConnectionFailed);
  await writeFile(join(folder, "a file"), "mine");
  await assert.rejects(SandboxAgent.start({ spawn: { ...spawn, socket: join(folder, "a file") } }), ConnectionFailed);
  assert.equal(await readFile(join(folder, "a file"), "utf8"), "mine");
  assert.deepEqual(await client.getHealth(), { status: "ok" });
});
