/** What becomes of the daemon's own words. `inherit`: they go to this process's stderr. */
export type SandboxAgentSpawnLogMode = "inherit" | "pipe" | "silent";

/** How to start a daemon. */
export interface SandboxAgentSpawnOptions {
  enabled?: boolean;
  /** Address to listen on; 127.0.0.1 when absent. */
  host?: string;
  /** A free one when absent. */
  port?: number;
  /** Path of a unix socket instead of an address and a port; only its owner can open it. */
  socket?: string;
  /** A random one when absent. */
  token?: string;
  /** The `sandbox-agent` command; looked for when absent. */
  binaryPath?: string;
  /** Milliseconds until it must be up; 15 000 when absent, more when it has to be downloaded first. */
  timeoutMs?: number;
  /** `silent` when absent; what it says last is in the error when it fails. */
  log?: SandboxAgentSpawnLogMode;
  /** Added to this process's environment. */
  env?: Record<string, string>;
  /** Working directory of the daemon, and of agents that are given none. */
  cwd?: string;
  /** Where agents are installed. */
  dataDir?: string;
  /** Seconds between two steps of the mock agent. */
  mockPace?: number;
}
