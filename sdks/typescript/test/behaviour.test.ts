import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import * as sdk from "../src/index.js";
import type { PermissionRequested } from "../src/index.js";
import { all, house, PATIENT, until } from "./house.js";

const here = house();

test("a turn is its events until it ends", PATIENT, async () => {
  const session = await here.session();
  const types = (await all(session.send("hello"))).map((event) => event.type);
  assert.equal(types[0], "turn.started");
  assert.equal(types.at(-1), "turn.ended");
  assert.equal(types.filter((type) => type === "item.completed").length, 2);
});

test("waiting for a turn gives its result", PATIENT, async () => {
  const result = await (await here.session()).send("usage").wait();
  assert.deepEqual([result.reason, result.text, result.usage?.cost_usd], ["completed", "Counting tokens.", 0.0123]);
  assert.deepEqual(result.items.map((item) => item.role), ["user", "assistant"]);
});

test("a queued message gives only its own turn", PATIENT, async () => {
  const session = await here.session();
  const first = session.send("plan");
  const { data } = await until(first, "question.requested");
  const turn = session.send("second");
  assert.equal((await turn).delivery, "queued");
  await session.replyQuestion(data.question_id, "approve");
  const turns = (await all(turn)).flatMap((event) => ("turn_id" in event.data ? [event.data.turn_id] : []));
  assert.deepEqual(turns, ["turn_2", "turn_2"]);
});

test("a message that is withdrawn has no turn", PATIENT, async () => {
  const session = await here.session();
  await session.send("slow 100000");
  const first = session.send("first");
  const { messageId } = await first;
  const second = session.send("second");
  await second;
  assert.deepEqual((await session.queue()).messages.map((each) => each.message), ["first", "second"]);
  await session.withdraw(messageId);
  await session.interrupt();
  assert.equal((await first.wait()).reason, "withdrawn");
  assert.equal((await second.wait()).reason, "completed");
  await assert.rejects(session.withdraw(messageId), sdk.NotFound);
});

test("a withdrawn message ends even when nothing follows", PATIENT, async () => {
  const session = await here.session();
  await session.send("slow 100000");
  const turn = session.send("never");
  await turn;
  await session.interrupt({ clearQueue: true });
  assert.equal((await turn.wait()).reason, "withdrawn");
});

test("a busy session can refuse a message", PATIENT, async () => {
  const session = await here.session();
  await session.send("slow 100000");
  await assert.rejects(session.send("now", { delivery: "reject" }).wait(), sdk.SessionBusy);
  await session.clearQueue();
  await session.interrupt();
});

test("an interrupted turn says so, and the session goes on", PATIENT, async () => {
  const session = await here.session();
  const turn = session.send("slow 100000");
  await until(turn, "item.delta");
  const part = (await session.messages()).at(-1)?.content[0];
  assert.ok(part?.type === "text" && part.text.startsWith("word 1 "));
  await session.interrupt();
  assert.equal((await turn.wait()).reason, "interrupted");
  assert.equal((await session.send("still here").wait()).text, "still here");
});

test("callbacks answer permissions, and what a rule answers is not asked about", PATIENT, async () => {
  const session = await here.session();
  const asked: string[] = [];
  const onPermission = (request: PermissionRequested): "always" => {
    asked.push(request.permission_id);
    return "always";
  };
  await session.send("permission", { onPermission }).wait();
  await session.send("permission", { onPermission }).wait();
  assert.deepEqual(asked, ["mock_1_permission", "mock_1_permission_denied", "mock_2_permission_denied"]);
});

test("callbacks answer questions all at once, refuse them, or leave them to somebody else", PATIENT, async () => {
  const session = await here.session();
  const answered = await session.send("multi", { onQuestion: async () => [["Blue"], ["Apple", "Plum"]] }).wait();
  assert.match(answered.text, /Apple.*Plum/s);
  assert.match((await session.send("plan", { onQuestion: () => false }).wait()).text, /rejected/);
  const turn = session.send("plan", { onQuestion: () => undefined });
  const { data } = await until(turn, "question.requested");
  assert.equal((await session.info()).state, "waiting");
  await session.replyQuestion(data.question_id, "approve");
  assert.match((await turn.wait()).text, /approve/);
});

test("the same answer twice is fine, another one is refused", PATIENT, async () => {
  const session = await here.session();
  let asked = 0;
  for await (const event of session.send("permission")) {
    if (event.type !== "permission.requested") continue;
    asked += 1;
    await session.answerPermission(event.data.permission_id, "once");
    await session.answerPermission(event.data.permission_id, "once");
    await assert.rejects(session.answerPermission(event.data.permission_id, "reject"), sdk.AlreadyResolved);
  }
  assert.equal(asked, 2);
});

test("a stream is the whole log, goes on live, and ends with the session", PATIENT, async () => {
  const session = await here.session();
  const live = session.stream();
  await session.send("markdown").wait();
  await until(live, "turn.ended");
  await session.terminate();
  assert.equal((await all(live)).at(-1)?.type, "session.ended");
  const events = await all(session.stream());
  assert.deepEqual(events.map((event) => event.sequence), events.map((_, index) => index + 1));
  assert.deepEqual(await all(session.stream({ offset: 4 })), events.slice(4));
  assert.deepEqual(await all(session.stream({ offset: events.length })), []);
  assert.ok((await session.events({ includeRaw: true })).events.some((event) => event.raw !== null));
});

test("the transcript is every item with its final content", PATIENT, async () => {
  const session = await here.session();
  await session.send("flood 30").wait();
  const events = await all(session.send("tool"));
  const completed = events.flatMap((event) => (event.type === "item.completed" ? [event.data.item] : []));
  const items = await session.messages();
  assert.deepEqual(items.slice(-completed.length), completed);
  assert.equal(new Set(items.map((item) => item.item_id)).size, items.length);
});

test("what the server refuses has a class and a code", PATIENT, async () => {
  const { client } = here;
  const session = await here.session();
  await assert.rejects(client.createSession(session.id, { agent: "mock" }), sdk.SessionAlreadyExists);
  await assert.rejects(client.createSession("x", { agent: "nobody" }), sdk.UnsupportedAgent);
  await assert.rejects(client.session("nobody").info(), sdk.SessionNotFound);
  await assert.rejects(all(client.session("nobody").stream()), { code: "session_not_found", status: 404 });
  const stranger = await sdk.SandboxAgent.connect({ baseUrl: client.baseUrl, token: "wrong" });
  await assert.rejects(stranger.listSessions(), sdk.TokenInvalid);
});

test("files go along with a message", PATIENT, async () => {
  const path = join(here.folder, "notes.txt");
  await writeFile(path, "notes");
  const session = await here.session();
  const result = await session.send("echo see", { attachments: [path, { path, filename: "n" }] }).wait();
  assert.match(JSON.stringify(result.items), /notes\.txt/);
});

test("files are written, read, moved and deleted below the session's directory", PATIENT, async () => {
  const { files } = await here.session();
  await files.write("deep/a b.txt", "text ü");
  assert.equal(await files.readText("deep/a b.txt"), "text ü");
  assert.deepEqual((await files.entries("deep")).map((entry) => [entry.name, entry.size]), [["a b.txt", 7]]);
  await files.move("deep/a b.txt", "deep/b.txt");
  assert.equal((await files.stat("deep/b.txt")).entryType, "file");
  await files.mkdir("deep/er");
  await files.delete("deep", { recursive: true });
  await assert.rejects(files.stat("deep"), sdk.InvalidRequest);
});

test("an installation is followed to its end", PATIENT, async () => {
  const states: string[] = [];
  for await (const progress of here.client.followInstall("mock")) states.push(progress.state);
  assert.equal(states.at(-1), "done");
});

test("what a session has changed in its directory is a diff", PATIENT, async () => {
  const session = await here.client.createSession("changing", { agent: "mock", directory: here.folder });
  await session.files.write("changed.txt", "one\n");
  const { files, diff } = await session.diff();
  assert.deepEqual(files.map((file) => [file.path, file.change]), [["changed.txt", "added"]]);
  assert.match(diff, /^\+one$/m);
});

test("a fork is a session of its own, made as the original", PATIENT, async () => {
  const session = await here.client.createSession("original", { agent: "mock", title: "first" });
  const fork = await session.fork("forked", { title: "second" });
  const { agent, title, forkedFrom } = await fork.info();
  assert.deepEqual([fork.id, agent, title, forkedFrom], ["forked", "mock", "second", "original"]);
  await assert.rejects(session.fork("forked"), sdk.SessionAlreadyExists);
});

test("requests are given to whoever attends the session, each once", PATIENT, async () => {
  const session = await here.session();
  const turn = session.send("permission");
  await until(turn, "permission.requested");
  const asked: string[] = [];
  const attend = async (): Promise<void> => {
    for await (const request of session.requests()) {
      if (request.type === "question") await session.rejectQuestion(request.data.question_id);
      else await session.answerPermission(request.data.permission_id, "once");
      asked.push(request.type);
    }
  };
  const attending = attend();
  await turn.wait();
  await session.send("plan").wait();
  await session.terminate();
  await attending;
  assert.deepEqual(asked, ["permission", "permission", "question"]);
});

test("a session that is made anew under its id is not read on as if it were the old one", PATIENT, async () => {
  const session = await here.client.createSession("anew", { agent: "mock" });
  await session.send("hello").wait();
  const stream = session.stream();
  await stream.next();
  await session.delete();
  await here.client.createSession("anew", { agent: "mock" });
  const rest = await all(stream).catch((error: unknown) => {
    assert.ok(error instanceof sdk.LogReplaced || error instanceof sdk.SessionNotFound, String(error));
    return undefined;
  });
  if (rest) assert.equal(rest.at(-1)?.type, "session.ended");
});
