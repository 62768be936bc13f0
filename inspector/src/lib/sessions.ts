/** The server's sessions and agents, looked at again and again while the page is seen. */
import type { AgentInfo, SessionInfo } from "sandbox-agent";
import type { Connected } from "./connection";
import { wordsOf } from "./words";
import { Store } from "./store";

export interface Listing {
  sessions: readonly SessionInfo[];
  agents: readonly AgentInfo[];
  loaded: boolean;
  problem?: string;
}

const EVERY_MS = 2000;

export class Sessions {
  readonly listing = new Store<Listing>({ sessions: [], agents: [], loaded: false });
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;

  constructor(readonly server: Connected) {}

  start(): void {
    this.#stopped = false;
    void this.refreshAgents();
    void this.#loop();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  async refresh(): Promise<void> {
    try {
      const { sessions } = await this.server.quiet.listSessions();
      this.listing.update(({ problem: _, ...before }) => ({ ...before, sessions, loaded: true }));
    } catch (error) {
      this.listing.update((before) => ({ ...before, problem: wordsOf(error) }));
    }
  }

  async refreshAgents(): Promise<void> {
    try {
      const { agents } = await this.server.client.listAgents();
      this.listing.update((before) => ({ ...before, agents }));
    } catch (error) {
      this.listing.update((before) => ({ ...before, problem: wordsOf(error) }));
    }
  }

  async #loop(): Promise<void> {
    if (document.visibilityState === "visible" || !this.listing.get().loaded) await this.refresh();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#loop(), EVERY_MS);
  }
}

export const NAMES: Record<string, string> = {
  amp: "Amp",
  claude: "Claude Code",
  codex: "Codex",
  mock: "Mock",
  opencode: "OpenCode",
};

export function nameOf(agent: string): string {
  return NAMES[agent] ?? agent;
}

export const STATES = { idle: "Idle", running: "Running", waiting: "Waiting for you", ended: "Ended" } as const;
