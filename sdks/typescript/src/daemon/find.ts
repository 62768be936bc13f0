/** Where the `sandbox-agent` command is. */
import { accessSync, constants, realpathSync, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { ConnectionFailed } from "../errors.js";

/** The Python package that has the command. */
const PACKAGE = "sandbox-agent-py";
const COMMAND = "sandbox-agent";

/** How to run the command. */
export interface Found {
  command: string;
  /** To be put before the command's own arguments. */
  args: string[];
  /** The command may have to be downloaded first. */
  slow: boolean;
}

export interface FindOptions {
  binaryPath?: string | undefined;
  /** Instead of this process's environment. */
  env?: Record<string, string | undefined>;
  /** A file that is not it: the wrapper that looks for the real one. */
  except?: string;
}

const HELP =
  `Cannot find the ${COMMAND} command. Install it with \`pip install ${PACKAGE}\`, \`pipx install ${PACKAGE}\`, ` +
  `\`uv tool install ${PACKAGE}\` or as the portable executable, or name it in SANDBOX_AGENT_BIN.`;

/**
 * The command: as given, then from SANDBOX_AGENT_BIN, then on PATH, then where `install.sh` puts it, then through `uvx`
 * or `pipx`.
 *
 * Throws `ConnectionFailed` that says how to get it.
 */
export function findDaemon({ binaryPath, env = process.env, except }: FindOptions = {}): Found {
  const named = binaryPath ?? env.SANDBOX_AGENT_BIN;
  if (named) {
    if (!isExecutable(named)) {
      const source = binaryPath ? "binaryPath" : "SANDBOX_AGENT_BIN";
      throw new ConnectionFailed(`${source} is ${named}, which is not there or not executable. ${HELP}`);
    }
    return { command: named, args: [], slow: false };
  }
  const path = onPath(COMMAND, env.PATH, except) ?? onPath(COMMAND, binHome(env), except);
  if (path) return { command: path, args: [], slow: false };
  const uvx = onPath("uvx", env.PATH);
  if (uvx) return { command: uvx, args: ["--from", PACKAGE, COMMAND], slow: true };
  const pipx = onPath("pipx", env.PATH);
  if (pipx) return { command: pipx, args: ["run", "--spec", PACKAGE, COMMAND], slow: true };
  throw new ConnectionFailed(HELP);
}

/** Where tools of one user are, also when PATH does not lead there: `install.sh`, pipx and uv agree on it. */
function binHome(env: Record<string, string | undefined>): string | undefined {
  return env.XDG_BIN_HOME || (env.HOME && join(env.HOME, ".local", "bin"));
}

function onPath(name: string, path: string | undefined, except?: string): string | undefined {
  const not = except && realpathSync(except);
  return (path ?? "")
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find((file) => isExecutable(file) && realpathSync(file) !== not);
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
