/** The calls of the 0.1.x package, as code written for it makes them. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { SandboxAgent, SandboxAgentError } from "../src/index.js";
import type { UniversalEvent } from "../src/index.js";
import { all, house, PATIENT } from "./house.js";

const here = house();

test("every 0.1.x call about agents and sessions still works", PATIENT, async () => {
  const { client } = here;
  assert.deepEqual(await client.getHealth(), { status: "ok" });
  assert.ok((await client.listAgents()).agents.some((agent) => agent.id === "mock" && agent.capabilities.planMode));
  await client.installAgent("mock");
  assert.ok((await client.getAgentModes("mock")).modes.some((mode) => mode.id === "plan"));
  assert.equal((await client.getAgentModels("mock")).defaultModel, "mock");
  const created = await client.createSession("old", { agent: "mock" });
  assert.deepEqual([created.healthy, created.nativeSessionId], [true, "mock-old"]);
  assert.equal((await client.listSessions()).sessions[0]?.sessionId, "old");
  assert.equal(await client.postMessage("old", { message: "hello" }), undefined);
  assert.ok((await client.getEvents("old", { offset: 0, limit: 1 })).hasMore);
  assert.match(String((await client.getOpenapi()).openapi), /^3\.1/);
  await client.terminateSession("old");
  await client.deleteSession("old");
});

test("a turn's stream ends with the turn or with the first request, which is answered apart", PATIENT, async () => {
  const { client } = here;
  await client.createSession("turns", { agent: "mock" });
  const last = async (message: string): Promise<UniversalEvent | undefined> =>
    (await all(client.streamTurn("turns", { message }))).at(-1);
  assert.equal((await last("hello"))?.type, "turn.ended");
  const asked = await last("permission");
  assert.ok(asked?.type === "permission.requested");
  await client.replyPermission("turns", asked.data.permission_id, { reply: "reject", message: "no" });
  await client.interruptSession("turns");
  const question = await last("question");
  assert.ok(question?.type === "question.requested");
  await client.replyQuestion("turns", question.data.question_id, { answers: [["Red"]] });
  await client.interruptSession("turns");
  const refused = await last("question");
  assert.ok(refused?.type === "question.requested");
  await client.rejectQuestion("turns", refused.data.question_id);
});

test("events are streamed to whoever asks, as bytes or one by one", PATIENT, async () => {
  const { client } = here;
  await client.createSession("events", { agent: "mock" });
  const leaving = new AbortController();
  const response = await client.getEventsSse("events", { offset: 0 }, leaving.signal);
  assert.equal(response.headers.get("content-type"), "text/event-stream");
  leaving.abort();
  for await (const event of client.streamEvents("events", { offset: 0, includeRaw: true })) {
    assert.equal(event.type, "session.started");
    break;
  }
  const aborted = new AbortController();
  const next = client.streamEvents("events", { offset: 1 }, aborted.signal).next();
  aborted.abort(new Error("enough"));
  await assert.rejects(next, /enough/);
  const turn = await client.postMessageStream("events", { message: "hello" }, { includeRaw: true });
  assert.match(await turn.text(), /turn\.ended/);
});

test("files are reached by query", PATIENT, async () => {
  const { client } = here;
  await client.createSession("files", { agent: "mock" });
  const sessionId = "files";
  await client.mkdirFs({ path: "a", sessionId });
  const written = await client.writeFsFile({ path: "a/f", sessionId }, new Uint8Array([1, 2, 3]));
  assert.equal(written.bytesWritten, 3);
  assert.deepEqual(await client.readFsFile({ path: "a/f", sessionId }), new Uint8Array([1, 2, 3]));
  await client.moveFs({ from: "a/f", to: "a/g" }, { sessionId });
  assert.equal((await client.statFs({ path: "a/g", sessionId })).size, 3);
  assert.deepEqual((await client.listFsEntries({ path: "a", sessionId })).map((entry) => entry.name), ["g"]);
  await client.uploadFsBatch(new Uint8Array(1024), { path: "a", sessionId });
  await client.deleteFsEntry({ path: "a", recursive: true, sessionId });
});

test("errors have the status, the problem and the response", PATIENT, async () => {
  await assert.rejects(here.client.getEvents("nobody"), (error: unknown) => {
    assert.ok(error instanceof SandboxAgentError);
    assert.deepEqual([error.status, error.problem?.title, error.response?.status], [404, "Session Not Found", 404]);
    return true;
  });
});

test("starting without a daemon to start is refused", async () => {
  await assert.rejects(SandboxAgent.start({ spawn: false }), /requires spawn to be enabled/);
});
