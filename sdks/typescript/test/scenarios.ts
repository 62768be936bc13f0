/** Plays the scenarios that all clients share, in Node and in a browser. See tests/behaviour/README.md. */
import { type SandboxAgent, SandboxAgentError, type Session, type Turn } from "../src/index.js";
import type { PermissionReply, SendOptions, TurnResult } from "../src/index.js";

export interface Step {
  send?: string;
  as?: string;
  delivery?: "queue" | "steer" | "reject";
  permission?: PermissionReply;
  question?: string[][] | false;
  wait?: string;
  interrupt?: boolean;
  terminate?: true;
  stream?: number;
  messages?: true;
  refused?: Step;
  types?: string[];
  text?: string;
  reason?: string;
  errors?: string[];
  delivered?: string;
  items?: string[];
  code?: string;
}

export interface Scenario {
  name: string;
  steps: Step[];
}

/** What each step that does not come out as expected came to; empty when all is well. */
export async function play(client: SandboxAgent, scenario: Scenario, id: string): Promise<string[]> {
  const player = new Player(await client.createSession(id, { agent: "mock" }));
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
  readonly #turns = new Map<string, Turn>();

  constructor(private readonly session: Session) {}

  async step(step: Step): Promise<Record<string, unknown>> {
    const { session } = this;
    if (step.refused) return { code: await this.#refusal(step.refused) };
    if (step.send !== undefined) return this.#send(step);
    if (step.wait !== undefined) return this.#result(this.#turns.get(step.wait) as Turn);
    if (step.interrupt !== undefined) await session.interrupt({ clearQueue: step.interrupt });
    if (step.terminate) await session.terminate();
    if (step.messages) return { items: (await session.messages()).map((item) => `${item.kind} ${item.role}`) };
    if (step.stream !== undefined) return { types: await typesOf(session.stream({ offset: step.stream })) };
    return {};
  }

  async #send(step: Step): Promise<Record<string, unknown>> {
    const options: SendOptions = {};
    const { delivery, permission, question } = step;
    if (delivery) options.delivery = delivery;
    if (permission) options.onPermission = () => permission;
    if (question !== undefined) options.onQuestion = () => question;
    const turn = this.session.send(step.send as string, options);
    if (!step.as) return this.#result(turn);
    this.#turns.set(step.as, turn);
    return { delivered: (await turn).delivery };
  }

  async #result(turn: Turn): Promise<Record<string, unknown>> {
    const types = await typesOf(turn);
    const { reason, text, errors }: TurnResult = await turn.wait();
    return { types, reason, text, errors: errors.map((error) => error.code) };
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

async function typesOf(stream: AsyncIterable<{ type: string }>): Promise<string[]> {
  const types: string[] = [];
  for await (const event of stream) types.push(event.type);
  return types;
}
