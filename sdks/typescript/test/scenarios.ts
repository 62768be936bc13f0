/** Plays the scenarios that all clients share, wherever this runs. See tests/behaviour/README.md. */
import { type SandboxAgent, SandboxAgentError, type Session, type Turn } from "../src/index.js";
import type { Delivery, PermissionReply, Request, SendOptions, TurnResult } from "../src/index.js";

export interface Step {
  send?: string;
  as?: string;
  attachments?: string[];
  delivery?: Delivery;
  permission?: PermissionReply;
  question?: string[][] | false;
  wait?: string;
  attend?: number;
  interrupt?: boolean;
  queue?: true;
  withdraw?: string;
  terminate?: true;
  stream?: number;
  take?: number;
  messages?: true;
  fork?: string;
  write?: string;
  read?: string;
  move?: string;
  to?: string;
  delete?: string;
  entries?: string;
  diff?: true;
  install?: string;
  refused?: Step;
  content?: string;
  mentions?: string;
  [expected: string]: unknown;
}

export interface Scenario {
  name: string;
  steps: Step[];
}

type Came = Record<string, unknown>;

/** What each step that does not come out as expected came to; empty when all is well. `folder` is the daemon's. */
export async function play(client: SandboxAgent, scenario: Scenario, id: string, folder: string): Promise<string[]> {
  const directory = `${folder}/${id}`;
  await client.files.mkdir(directory);
  const player = new Player(client, await client.createSession(id, { agent: "mock", directory }));
  const failures: string[] = [];
  for (const step of scenario.steps) {
    const came = await player.step(step);
    for (const [name, expected] of Object.entries(step)) {
      if (!(name in came) || JSON.stringify(came[name]) === JSON.stringify(expected)) continue;
      failures.push(`${JSON.stringify(step)}: ${name} is ${JSON.stringify(came[name])}`);
    }
  }
  return failures;
}

class Player {
  private readonly client: SandboxAgent;
  private readonly session: Session;
  readonly #turns = new Map<string, Turn>();

  // Written out, so that runtimes that only leave types out can run this as it stands.
  constructor(client: SandboxAgent, session: Session) {
    this.client = client;
    this.session = session;
  }

  async step(step: Step): Promise<Came> {
    const { session } = this;
    if (step.refused) return { code: await this.#refusal(step.refused) };
    if (step.send !== undefined) return this.#send(session, step.send, step);
    if (step.wait !== undefined) return result(this.#turn(step.wait));
    if (step.attend !== undefined) return { asked: await attend(session, step.attend, step) };
    if (step.interrupt !== undefined) await session.interrupt({ clearQueue: step.interrupt });
    if (step.queue) return { waiting: (await session.queue()).messages.map((each) => each.message) };
    if (step.withdraw !== undefined) await session.withdraw((await this.#turn(step.withdraw)).messageId);
    if (step.terminate) await session.terminate();
    if (step.messages) return { items: (await session.messages()).map((item) => `${item.kind} ${item.role}`) };
    if (step.stream !== undefined) return { types: await typesOf(session.stream({ offset: step.stream }), step.take) };
    if (step.fork !== undefined) return this.#send(await session.fork(`${session.id} forked`), step.fork, step);
    if (step.install !== undefined) return { states: await this.#install(step.install) };
    return this.#files(step);
  }

  async #files(step: Step): Promise<Came> {
    const { files } = this.session;
    if (step.write !== undefined) await files.write(step.write, step.content as string);
    if (step.read !== undefined) return { content: await files.readText(step.read) };
    if (step.move !== undefined) await files.move(step.move, step.to as string);
    if (step.delete !== undefined) await files.delete(step.delete, { recursive: true });
    if (step.entries !== undefined) return { names: (await files.entries(step.entries)).map((entry) => entry.name) };
    if (step.diff) return { changed: (await this.session.diff()).files.map((file) => `${file.change} ${file.path}`) };
    return {};
  }

  async #send(session: Session, message: string, step: Step): Promise<Came> {
    const { attachments = [], delivery = "queue", permission, question } = step;
    const asked: string[] = [];
    const options: SendOptions = { attachments, delivery };
    if (permission) options.onPermission = () => (asked.push("permission"), permission);
    if (question !== undefined) options.onQuestion = () => (asked.push("question"), question);
    const turn = session.send(message, options);
    if (!step.as) return { ...(await result(turn, step.mentions)), asked };
    this.#turns.set(step.as, turn);
    return { delivered: (await turn).delivery };
  }

  #turn(name: string): Turn {
    return this.#turns.get(name) as Turn;
  }

  async #install(agent: string): Promise<string[]> {
    const states: string[] = [];
    for await (const { state } of this.client.followInstall(agent)) states.push(state);
    return states;
  }

  async #refusal(step: Step): Promise<string | undefined> {
    try {
      await this.step(step);
      return undefined;
    } catch (error) {
      return error instanceof SandboxAgentError ? error.code : String(error);
    }
  }
}

async function result(turn: Turn, mentions = ""): Promise<Came> {
  const types = await typesOf(turn);
  const { reason, text, errors, items }: TurnResult = await turn.wait();
  const found = JSON.stringify(items).includes(mentions) ? mentions : undefined;
  return { types, reason, text, errors: errors.map((error) => error.code), mentions: found };
}

async function attend(session: Session, count: number, step: Step): Promise<string[]> {
  const asked: string[] = [];
  for await (const request of session.requests()) {
    asked.push(request.type);
    await answer(session, request, step);
    if (asked.length === count) break;
  }
  return asked;
}

function answer(session: Session, request: Request, { permission = "once", question }: Step): Promise<void> {
  if (request.type === "permission") return session.answerPermission(request.data.permission_id, permission);
  const { question_id: key } = request.data;
  return question ? session.replyQuestion(key, question) : session.rejectQuestion(key);
}

async function typesOf(stream: AsyncIterable<{ type: string }>, take = Infinity): Promise<string[]> {
  const types: string[] = [];
  for await (const event of stream) {
    types.push(event.type);
    if (types.length === take) break;
  }
  return types;
}
