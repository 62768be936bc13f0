/** Answer an agent's questions from a list of numbers: `npx tsx questions.ts claude "Ask me what to build"`. */
import { stdin, stdout } from "node:process";
import { createInterface } from "node:readline/promises";
import { type Question, type QuestionRequested, SandboxAgent } from "sandbox-agent";

const [agent = "mock", message = "multi"] = process.argv.slice(2);
const terminal = createInterface({ input: stdin });
const lines = terminal[Symbol.asyncIterator]();

/** The labels of the options that were chosen, or what was typed instead; nothing at the end of the input. */
async function ask({ question, options, multi_select }: Question): Promise<string[] | undefined> {
  console.log(`\n${question}`);
  for (const [index, option] of options.entries()) console.log(`  ${index + 1}. ${option.label}`);
  stdout.write(multi_select ? "number, several with commas, or your own words: " : "number: ");
  const { value, done } = await lines.next();
  if (done) return undefined;
  const chosen = value.split(",").map((each) => options[Number(each) - 1]?.label);
  return chosen.every((label) => label !== undefined) ? chosen : [value];
}

/** All questions of a request; Ctrl-D refuses to answer. */
async function onQuestion(request: QuestionRequested): Promise<string[][] | false> {
  const answers: string[][] = [];
  for (const question of request.questions) {
    const answer = await ask(question);
    if (!answer) return false;
    answers.push(answer);
  }
  return answers;
}

const client = await SandboxAgent.start();
const session = await client.createSession("asks", { agent });
const { text, reason } = await session.send(message, { onQuestion }).wait();
console.log(text || reason);
terminal.close();
await client.dispose();
