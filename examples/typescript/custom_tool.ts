/**
 * Give an agent a tool of your own: `npx tsx custom_tool.ts "What is the weather in Oslo?"`.
 *
 * The tool is an MCP server, this same file started with `serve` by the agent. What MCP needs of a server with one tool is
 * below, whole; the package `@modelcontextprotocol/sdk` does more.
 */
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { type PermissionRequested, SandboxAgent } from "sandbox-agent";

const WEATHER = {
  name: "weather",
  description: "The weather in a city",
  inputSchema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] },
};

/** The answer to a request of the Model Context Protocol. */
function answer(method: string, params: { protocolVersion?: string; arguments?: { city: string } }): object {
  switch (method) {
    case "initialize":
      return {
        protocolVersion: params.protocolVersion,
        capabilities: { tools: {} },
        serverInfo: { name: "weather", version: "1.0.0" },
      };
    case "tools/list":
      return { tools: [WEATHER] };
    case "tools/call":
      return { content: [{ type: "text", text: `It rains in ${params.arguments?.city}.` }] };
    default:
      return {};
  }
}

/** Speak MCP over standard streams: JSON-RPC, one message a line. Notifications have no id and get no answer. */
async function serve(): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const { id, method, params = {} } = JSON.parse(line);
    if (id !== undefined) console.log(JSON.stringify({ jsonrpc: "2.0", id, result: answer(method, params) }));
  }
}

/** Our own tool may be used, nothing else. */
function onPermission({ action }: PermissionRequested) {
  return action === "mcp__weather__weather" ? "always" : "reject";
}

/** One question to Claude Code, which can now ask the tool. */
async function main(message: string): Promise<void> {
  const args = [...process.execArgv, fileURLToPath(import.meta.url), "serve"];
  const weather = { type: "local", command: process.execPath, args } as const;
  const client = await SandboxAgent.start();
  const session = await client.createSession("with a tool", { agent: "claude", mcp: { weather } });
  console.log((await session.send(message, { onPermission }).wait()).text);
  await client.dispose();
}

const [argument = "What is the weather in Oslo?"] = process.argv.slice(2);
await (argument === "serve" ? serve() : main(argument));
