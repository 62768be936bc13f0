/** A Worker before many sandboxes: `/sandboxes/NAME/v1/...` is the server in the sandbox of that name. */
import { getSandbox, type Sandbox } from "@cloudflare/sandbox";

export { Sandbox } from "@cloudflare/sandbox";

interface Env {
  Sandbox: DurableObjectNamespace<Sandbox>;
  SANDBOX_AGENT_TOKEN: string;
  ANTHROPIC_API_KEY: string;
}

const PORT = 2468;
const SERVER = `sandbox-agent server --host 0.0.0.0 --port ${PORT}`;

/** Start the server unless it runs already, and wait until it answers. */
async function serve(sandbox: Sandbox, env: Env): Promise<void> {
  const { SANDBOX_AGENT_TOKEN, ANTHROPIC_API_KEY } = env;
  const known = await sandbox.getProcess("server");
  const lives = known?.status === "starting" || known?.status === "running";
  const options = { processId: "server", env: { SANDBOX_AGENT_TOKEN, ANTHROPIC_API_KEY } };
  const process = lives ? known : await sandbox.startProcess(SERVER, options);
  await process.waitForPort(PORT, { path: "/v1/health", status: 200, timeout: 60_000 });
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    if (request.headers.get("authorization") !== `Bearer ${env.SANDBOX_AGENT_TOKEN}`) {
      return new Response("who are you?\n", { status: 401 }); // before anybody can make us start a container
    }
    const url = new URL(request.url);
    const [, name, path = "/"] = /^\/sandboxes\/([a-z0-9-]{1,60})(\/.*)?$/.exec(url.pathname) ?? [];
    if (name === undefined) return new Response("/sandboxes/NAME/v1/...\n", { status: 404 });
    const sandbox = getSandbox(env.Sandbox, name, { sleepAfter: "1h" });
    if (path === "/" && request.method === "DELETE") {
      await sandbox.destroy();
      return new Response(null, { status: 204 });
    }
    try {
      await serve(sandbox, env);
    } catch (error) {
      console.error(error); // somebody else may have been quicker to start it; our clients ask again after a 503
      return new Response("the server in the sandbox is not ready\n", { status: 503, headers: { "retry-after": "1" } });
    }
    url.pathname = path;
    return sandbox.containerFetch(new Request(url, request), PORT);
  },
} satisfies ExportedHandler<Env>;
