/** What a bundle for browsers gets instead of the code that starts processes. */
import { SandboxAgentError } from "../errors.js";

export async function launch(): Promise<never> {
  throw new SandboxAgentError("SandboxAgent.start needs Node, Deno or Bun; in a browser use SandboxAgent.connect.");
}
