/** In Docker: a container of the image that `docker/Dockerfile` makes. */
import { randomBytes } from "node:crypto";
import Docker from "dockerode";
import { firstTurn } from "./first_turn.ts";

const PORT = "2468/tcp";
const token = randomBytes(32).toString("base64url");
const container = await new Docker().createContainer({
  Image: "sandbox-agent",
  Env: [`SANDBOX_AGENT_TOKEN=${token}`, `ANTHROPIC_API_KEY=${process.env.ANTHROPIC_API_KEY ?? ""}`],
  ExposedPorts: { [PORT]: {} },
  HostConfig: {
    PortBindings: { [PORT]: [{ HostIp: "127.0.0.1", HostPort: "0" }] },
    ReadonlyRootfs: true,
    Tmpfs: { "/data": "mode=1777,exec", "/workspace": "mode=1777" },
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    Memory: 2 ** 31,
    PidsLimit: 512,
  },
});
try {
  await container.start();
  const port = (await container.inspect()).NetworkSettings.Ports[PORT]?.[0]?.HostPort;
  await firstTurn({ baseUrl: `http://127.0.0.1:${port}`, token });
} finally {
  await container.remove({ force: true });
}
