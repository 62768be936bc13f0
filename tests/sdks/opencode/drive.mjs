// Drives a daemon with the SDK of OpenCode: `node drive.mjs SCENARIO URL [ARGUMENT]`. Prints what it saw as JSON.
import { createOpencodeClient } from "@opencode-ai/sdk";
import { createOpencodeClient as createV2 } from "@opencode-ai/sdk/v2";

const [scenario, baseUrl, argument] = process.argv.slice(2);
const headers = process.env.TOKEN
  ? { Authorization: `Basic ${Buffer.from(`opencode:${process.env.TOKEN}`).toString("base64")}` }
  : {};
const options = { baseUrl, headers, directory: process.env.DIRECTORY, throwOnError: true };
const client = createOpencodeClient(options);
const v2 = createV2(options);

const say = (text) => [{ type: "text", text }];
const words = (message) =>
  message.parts
    .filter((part) => part.type === "text")
    .map((part) => part.text)
    .join("");

/** Follows the events of a session until it rests; `on` answers what is asked. */
async function follow(stream, session, on = {}) {
  const seen = [];
  for await (const event of stream) {
    if (event.properties?.sessionID !== session && event.properties?.part?.sessionID !== session) continue;
    seen.push(event);
    await on[event.type]?.(event.properties);
    if (event.type === "session.idle") return seen;
  }
  throw new Error("the stream ended");
}

/** A session, its events, and a message that is not waited for. */
async function turn(text, on, body = {}) {
  const { data: session } = await client.session.create({ body: {} });
  const { stream } = await client.event.subscribe();
  await stream.next(); // subscribed
  const following = follow(stream, session.id, on);
  await client.session.promptAsync({ path: { id: session.id }, body: { parts: say(text), ...body } });
  const events = await following;
  const { data: messages } = await client.session.messages({ path: { id: session.id } });
  return { session, events, messages, answer: words(messages.at(-1)), types: [...new Set(events.map((each) => each.type))] };
}

const scenarios = {
  async look() {
    const found = {};
    found.providers = (await client.config.providers()).data.providers.map((each) => each.id);
    found.agents = (await client.app.agents()).data.map((each) => each.name);
    found.path = (await client.path.get()).data.directory;
    found.project = (await client.project.current()).data.id;
    found.files = (await client.file.list({ query: { path: "." } })).data.map((each) => each.name);
    found.read = (await client.file.read({ query: { path: "a.txt" } })).data.content;
    found.found = (await client.find.files({ query: { query: "a.txt" } })).data;
    found.text = (await client.find.text({ query: { pattern: "hello" } })).data.map((each) => each.path.text);
    found.mcp = (await client.mcp.status()).data;
    found.commands = (await client.command.list()).data;
    found.config = (await client.config.get()).data.model;
    return found;
  },

  async prompt() {
    const { data: session } = await client.session.create({ body: { title: "Mine" } });
    const model = argument ? { providerID: argument, modelID: "default" } : { providerID: "mock", modelID: "mock" };
    const { data: answer } = await client.session.prompt({
      path: { id: session.id },
      body: { model, parts: say(process.env.SAY ?? "hello") },
    });
    const { data: listed } = await client.session.list();
    const { data: todo } = await client.session.todo({ path: { id: session.id } });
    const { data: children } = await client.session.children({ path: { id: session.id } });
    const { data: deleted } = await client.session.delete({ path: { id: session.id } });
    const missing = await client.session.get({ path: { id: session.id }, throwOnError: false });
    const titles = listed.map((each) => each.title);
    const status = missing.response.status;
    return { title: session.title, answer: words(answer), info: answer.info, parts: answer.parts, titles, todo, children, deleted, status };
  },

  async stream() {
    const { events, types, answer } = await turn("markdown");
    const deltas = events.filter((each) => each.type === "message.part.updated").map((each) => each.properties.delta ?? "");
    return { types, answer, same: deltas.join("") === answer };
  },

  async permission() {
    const on = {
      "permission.asked": ({ id, sessionID }) =>
        client.postSessionIdPermissionsPermissionId({ path: { id: sessionID, permissionID: id }, body: { response: argument } }),
    };
    const { types, events } = await turn("List files in the current directory using available tools.", on);
    const replied = events.find((each) => each.type === "permission.replied").properties.response;
    return { types, replied };
  },

  async question() {
    let asked;
    const on = {
      "question.asked": async ({ id, questions }) => {
        asked = questions;
        await v2.question.reply({ requestID: id, answers: [["Blue"], ["Pear", "Plum"]] });
      },
    };
    const { types, events } = await turn("multi", on);
    const { answers } = events.find((each) => each.type === "question.replied").properties;
    return { types, asked: asked.length, answers };
  },

  async abort() {
    let aborted = false;
    const on = {
      "message.part.delta": async ({ sessionID }) => {
        if (aborted) return;
        aborted = true;
        await client.session.abort({ path: { id: sessionID } });
      },
    };
    const { messages } = await turn("slow 100000", on);
    return { error: messages.at(-1).info.error.name };
  },

  async fail() {
    try {
      await client.session.get({ path: { id: "ses_none" } });
    } catch (error) {
      return { message: error.message };
    }
  },
};

console.log(JSON.stringify(await scenarios[scenario]()));
process.exit(0);
