/** A chat with an agent in the terminal: `node chat.js claude`. An empty line ends it. */
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { SandboxAgent } from "sandbox-agent";

const [agent = "mock"] = process.argv.slice(2);
const terminal = createInterface({ input: stdin });
const lines = terminal[Symbol.asyncIterator]();

/** Ask the person. */
async function ask(words) {
  stdout.write(words);
  return (await lines.next()).value ?? "";
}

async function onPermission(request) {
  const answer = await ask(`\n[${request.action} ${JSON.stringify(request.metadata)}] allow? [y/a/n] `);
  return { y: "once", a: "always" }[answer] ?? "reject";
}

async function onQuestion(request) {
  const answers = [];
  for (const { question, options } of request.questions) {
    answers.push([await ask(`\n${question} (${options.map((option) => option.label).join(", ")}) `)]);
  }
  return answers;
}

const client = await SandboxAgent.start();
const session = await client.createSession("chat", { agent });
for (let message = await ask("> "); message; message = await ask("\n> ")) {
  for await (const event of session.send(message, { onPermission, onQuestion })) {
    if (event.type === "item.delta") stdout.write(event.data.delta);
    if (event.type === "error") stdout.write(`\n! ${event.data.message}`);
  }
}
terminal.close();
await client.dispose();
