// node rows.mjs BINARY FOLDER: what each method of an old client gets from a server that it starts, one JSON line each.
import { OldClient } from "./client.mjs";

const [binary, folder] = process.argv.slice(2);
const client = await OldClient.start({ binary, env: { ...process.env, HOME: folder, SANDBOX_AGENT_DATA_DIR: folder } });
const tell = (row, value) => console.log(JSON.stringify({ row, value: value ?? null }));
const row = async (name, work) => tell(name, await work().catch((error) => ({ failed: String(error), ...error })));

const all = async (events, last) => {
  const found = [];
  for await (const event of events) {
    found.push(event);
    if (event.type === last) break;
  }
  return found;
};
const session = "a/b ?ü";
const relative = (path) => ({ path, sessionId: "files" });

await row("getHealth", () => client.getHealth());
await row("listAgents", () => client.listAgents());
await row("installAgent", () => client.installAgent("mock"));
await row("getAgentModes", () => client.getAgentModes("mock"));
await row("getAgentModels", () => client.getAgentModels("mock"));
await row("createSession", () => client.createSession(session, { agent: "mock" }));
await row("listSessions", () => client.listSessions());

const first = all(client.streamEvents(session, { offset: 0 }), "session.ended");
await row("streamTurn", () => all(client.streamTurn(session, { message: "hello" }, { includeRaw: true })));
await row("postMessage", () => client.postMessage(session, { message: "question" }));
const asked = async (type, count) => {
  for await (const event of client.streamEvents(session, { offset: 0 }))
    if (event.type === type && --count === 0) return event.data;
};
const question = await asked("question.requested", 1);
await row("replyQuestion", () => client.replyQuestion(session, question.question_id, { answers: [["Blue"]] }));
const second = await asked("question.requested", 2);
await row("rejectQuestion", () => client.rejectQuestion(session, second.question_id));
await asked("turn.ended", 2);
const turn = client.streamTurn(session, { message: "permission" });
const permission = await (async () => {
  for await (const event of turn) if (event.type === "permission.requested") return event.data;
})();
await row("replyPermission", () => client.replyPermission(session, permission.permission_id, { reply: "once" }));
await row("getEvents", () => client.getEvents(session, { offset: 2, limit: 3, includeRaw: undefined }));
await row("getEventsSse", async () => {
  const stop = new AbortController();
  const answer = await client.getEventsSse(session, { offset: 0 }, stop.signal);
  const type = answer.headers.get("content-type");
  stop.abort();
  return type;
});
await row("postMessageStream", async () => {
  await client.createSession("other", { agent: "mock" });
  return (await client.postMessageStream("other", { message: "hello" })).text();
});
await row("terminateSession", () => client.terminateSession(session));
await row("streamEvents", () => first);

await client.createSession("files", { agent: "mock", directory: folder });
await row("mkdirFs", () => client.mkdirFs(relative("box")));
await row("writeFsFile", () => client.writeFsFile(relative("box/one.txt"), new TextEncoder().encode("eins")));
await row("statFs", () => client.statFs(relative("box/one.txt")));
await row("moveFs", () => client.moveFs({ from: "box/one.txt", to: "box/two.txt" }, { sessionId: "files" }));
await row("readFsFile", async () => new TextDecoder().decode(await client.readFsFile(relative("box/two.txt"))));
await row("listFsEntries", () => client.listFsEntries(relative("box")));
await row("uploadFsBatch", () => client.uploadFsBatch(new Uint8Array(1024), relative("box")));
await row("deleteFsEntry", () => client.deleteFsEntry({ ...relative("box"), recursive: true }));

await row("a problem", () => client.createSession("never", { agent: "nobody" }));
await row("a base URL with a slash at its end", async () =>
  (await OldClient.connect({ baseUrl: `${client.baseUrl}/`, token: client.token })).getHealth());
await row("without the token", async () => (await OldClient.connect({ baseUrl: client.baseUrl })).listSessions());
for (const scene of ["help", "markdown", "tool", "status", "image", "unknown", "error", "unparsed", "demo"])
  await row(`scene ${scene}`, async () => {
    await client.createSession(scene, { agent: "mock" });
    const types = [];
    for await (const event of client.streamTurn(scene, { message: scene })) types.push(event.type);
    return types;
  });
await row("a slow turn and an end", async () => {
  await client.createSession("slow", { agent: "mock" });
  await client.postMessage("slow", { message: "slow 100000" });
  return null;
});
tell("dispose", await client.dispose());
