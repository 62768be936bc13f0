/** What a bundle for browsers gets instead of files and unix sockets. */
import { SandboxAgentError } from "../errors.js";

const missing = (what: string): SandboxAgentError =>
  new SandboxAgentError(`${what} needs Node, Deno or Bun; a browser cannot do it.`);

export function socketFetch(): never {
  throw missing("A server at a unix socket");
}

export async function save(): Promise<never> {
  throw missing("Files.download");
}
