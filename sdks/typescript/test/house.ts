/** What tests share: a daemon for each file, sessions with names of their own, and patience with a loaded machine. */
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "node:test";
import { fileURLToPath } from "node:url";
import { type EventStream, SandboxAgent, type SandboxAgentSpawnOptions, type Session } from "../src/index.js";
import type { Event } from "../src/index.js";

/** For everything that waits; nothing takes nearly as long. */
export const PATIENT = { timeout: 60_000 };

const CHECKOUT = fileURLToPath(new URL("../../../..", import.meta.url));

/** The daemon of this checkout. */
export function binary(): string {
  const path = process.env.SANDBOX_AGENT_BIN ?? join(CHECKOUT, ".venv/bin/sandbox-agent");
  if (!existsSync(path)) throw new Error(`no daemon at ${path}; run \`make setup\``);
  return path;
}

/** A file of this checkout. */
export function checkout(path: string): string {
  return join(CHECKOUT, path);
}

/** What all clients must do alike. */
export function scenarioFile(): string {
  return checkout("tests/behaviour/scenarios.json");
}

export interface House {
  /** For other hooks: those of a file may run side by side. */
  ready: Promise<void>;
  client: SandboxAgent;
  folder: string;
  /** A new session of the mock agent. */
  session(): Promise<Session>;
}

let count = 0;

/** A daemon for the tests of a file, the mock agent at full speed. */
export function house(options: SandboxAgentSpawnOptions = {}): House {
  const here = {} as House;
  const open = async (): Promise<void> => {
    here.folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
    const spawn = { binaryPath: binary(), mockPace: 0.002, dataDir: here.folder, cwd: here.folder, timeoutMs: 60_000 };
    here.client = await SandboxAgent.start({ spawn: { ...spawn, ...options } });
  };
  before(() => (here.ready = open()));
  after(async () => {
    await here.client?.dispose();
    await rm(here.folder, { recursive: true, force: true });
  });
  here.session = () => here.client.createSession(`session ${(count += 1)}`, { agent: "mock" });
  return here;
}

export async function all(stream: EventStream): Promise<Event[]> {
  const events: Event[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Read on to the first event of a type, without leaving the stream. */
export async function until<Type extends Event["type"]>(
  stream: EventStream,
  type: Type,
): Promise<Extract<Event, { type: Type }>> {
  for (;;) {
    const { done, value } = await stream.next();
    if (done) throw new Error(`no ${type}`);
    if (value.type === type) return value as Extract<Event, { type: Type }>;
  }
}
