/** A chat with an agent in the terminal: `npx tsx chat.ts claude`. An empty line ends it. */
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { type PermissionRequested, type QuestionRequested, SandboxAgent } from "sandbox-agent";

const [agent = "mock"] = process.argv.slice(2);
const terminal = createInterface({ input: stdin });
const lines = terminal[Symbol.asyncIterator]();

/** Ask the person. */
async function ask(words: string): Promise<string> {
  stdout.write(words);
  return (await lines.next()).value ?? "";
}

/** Ask for every permission. */
async function onPermission(request: PermissionRequested) {
  const answer = await ask(`\n[${request.action} ${JSON.stringify(request.metadata)}] allow? [y/a/n] `);
  return answer === "y" ? "once" : answer === "a" ? "always" : "reject";
}

/** Ask every question of a request. */
async function onQuestion(request: QuestionRequested) {
  const answers: string[][] = [];
  for (const { question, options } of request.questions) {
    answers.push([await ask(`\n${question} (${options.map((option) => option.label).join(", ")}) `)]);
  }
  return answers;
}

const client = await SandboxAgent.start();
const session = await client.createSession("chat", { agent });
for (let message = await ask("> "); message; message = await ask("\n> ")) {
  for await (const event of session.send(message, { onPermission, onQuestion })) {
    switch (event.type) {
      case "item.delta":
        stdout.write(event.data.delta);
        break;
      case "item.completed":
        for (const part of event.data.item.content) {
          if (part.type === "tool_call") stdout.write(`\n* ${part.name} ${part.arguments}\n`);
        }
        break;
      case "error":
        stdout.write(`\n! ${event.data.message}`);
    }
  }
}
terminal.close();
await client.dispose();
