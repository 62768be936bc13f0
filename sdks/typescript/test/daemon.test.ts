/** A daemon of one's own: it is found, it comes up, it tells why not, and it never stays behind. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { findDaemon, launch } from "../src/daemon/index.js";
import { ConnectionFailed, SandboxAgent } from "../src/index.js";
import { binary, PATIENT } from "./house.js";

let folder = "";
before(async () => {
  folder = await mkdtemp(join(tmpdir(), "sandbox-agent-ts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

async function program(name: string, script: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

async function ended(pid: number): Promise<void> {
  for (;;) {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "gone Z");
    if (/ Z/.test(stat)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

test("the command is as given, then from SANDBOX_AGENT_BIN, then on PATH, then through uvx or pipx", async () => {
  const named = await program("named/daemon", "");
  const path = await program("path/sandbox-agent", "");
  const uvx = await program("uv/uvx", "");
  const pipx = await program("pip/pipx", "");
  const PATH = [uvx, path, pipx].map((each) => join(each, "..")).join(":");
  const env = { SANDBOX_AGENT_BIN: named, PATH };
  assert.equal(findDaemon({ binaryPath: path, env }).command, path);
  assert.equal(findDaemon({ env }).command, named);
  assert.equal(findDaemon({ env: { PATH } }).command, path);
  assert.deepEqual(findDaemon({ env: { PATH }, except: path }), {
    command: uvx,
    args: ["--from", "sandbox-agent-py", "sandbox-agent"],
    slow: true,
  });
  assert.deepEqual(findDaemon({ env: { PATH: join(pipx, "..") } }), {
    command: pipx,
    args: ["run", "--spec", "sandbox-agent-py", "sandbox-agent"],
    slow: true,
  });
});

test("a command that is not there is an error that says how to get it", async () => {
  assert.throws(() => findDaemon({ env: { PATH: folder } }), /pip install sandbox-agent-py.*SANDBOX_AGENT_BIN/s);
  const env = { SANDBOX_AGENT_BIN: join(folder, "nothing"), PATH: "" };
  assert.throws(() => findDaemon({ env }), /SANDBOX_AGENT_BIN is .*nothing, which is not there or not executable/);
});

test("the command is also looked for where install.sh puts it", async () => {
  const uvx = await program("tools/uvx", "");
  const home = await program("home/.local/bin/sandbox-agent", "");
  const named = await program("bin home/sandbox-agent", "");
  const env = { PATH: join(uvx, ".."), HOME: join(folder, "home") };
  assert.equal(findDaemon({ env }).command, home);
  assert.equal(findDaemon({ env: { ...env, XDG_BIN_HOME: join(named, "..") } }).command, named);
  assert.equal(findDaemon({ env: { ...env, HOME: folder } }).command, uvx);
});

test("a daemon that does not come up tells why", PATIENT, async () => {
  const broken = await program("broken", "echo this machine is out of order >&2; exit 7");
  await assert.rejects(launch({ binaryPath: broken }), (error: unknown) => {
    assert.ok(error instanceof ConnectionFailed);
    return /exit status 7: this machine is out of order.*exited before becoming healthy/.test(error.message);
  });
  const mute = await program("mute", "exec sleep 30");
  await assert.rejects(launch({ binaryPath: mute, timeoutMs: 100 }), /Timed out waiting 100 ms/);
});

test("start runs a turn; the token is nowhere to be read; disposing leaves no process", PATIENT, async () => {
  const daemon = await launch({ binaryPath: binary(), mockPace: 0, timeoutMs: 60_000 });
  const pid = daemon.process.pid as number;
  const client = await SandboxAgent.connect({ baseUrl: daemon.baseUrl, token: daemon.token });
  const session = await client.createSession("s", { agent: "mock" });
  assert.equal((await session.send("hello").wait()).text, "hello");
  assert.equal((await readFile(`/proc/${pid}/cmdline`, "utf8")).includes(daemon.token), false);
  await daemon.close();
  await daemon.close();
  assert.equal(daemon.process.exitCode, 0);
});

test("a daemon that dies is told from one that is slow", PATIENT, async () => {
  const daemon = await launch({ binaryPath: binary(), timeoutMs: 60_000 });
  daemon.process.ref(); // a daemon alone keeps no program awake
  daemon.process.kill("SIGKILL");
  await once(daemon.process, "exit");
  assert.match(daemon.failure() ?? "", /ended with SIGKILL/);
  await daemon.close();
});

const PARENT = (index: string): string => `
  import { SandboxAgent } from ${JSON.stringify(index)};
  const client = await SandboxAgent.start({ spawn: { timeoutMs: 60_000 } });
  const session = await client.createSession("s", { agent: "mock" });
  const turn = session.send("slow 100000");
  await turn.next();
  const children = (await import("node:fs")).readFileSync("/proc/self/task/" + process.pid + "/children", "utf8");
  console.log(children.trim());
`;

for (const fate of ["SIGKILL", "SIGTERM", "exit"] as const) {
  test(`a parent that ends (${fate}) leaves no daemon`, PATIENT, async () => {
    const index = fileURLToPath(new URL("../src/index.js", import.meta.url));
    const rest = fate === "exit" ? "process.exit()" : "";
    const script = join(folder, `parent-${fate}.mjs`);
    await writeFile(script, PARENT(index) + rest);
    const env = { ...process.env, SANDBOX_AGENT_BIN: binary() };
    const parent = spawn(process.execPath, [script], { env, stdio: ["ignore", "pipe", "inherit"] });
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pids = line.toString().trim().split(" ").map(Number);
    assert.ok(pids.length > 0 && pids.every((pid) => pid > 0));
    if (fate !== "exit") parent.kill(fate);
    for (const pid of pids) await ended(pid);
  });
}

test("a program that has nothing else to do ends although it has not disposed its client", PATIENT, async () => {
  const index = fileURLToPath(new URL("../src/index.js", import.meta.url));
  const script = join(folder, "idle.mjs");
  const start = `await SandboxAgent.start({ spawn: { binaryPath: ${JSON.stringify(binary())}, timeoutMs: 60_000 } });`;
  await writeFile(script, `import { SandboxAgent } from ${JSON.stringify(index)};\n${start}`);
  const idle = spawn(process.execPath, [script], { stdio: "inherit" });
  assert.deepEqual(await once(idle, "exit"), [0, null]);
});
