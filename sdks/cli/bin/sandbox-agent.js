#!/usr/bin/env node
/** Runs the real `sandbox-agent` command; everything passes through. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { fileURLToPath } from "node:url";
import { findDaemon } from "sandbox-agent/daemon";

const FAILED = 1;
const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"];

function run() {
  const { command, args } = findDaemon({ except: fileURLToPath(import.meta.url) });
  const child = spawn(command, [...args, ...process.argv.slice(2)], { stdio: "inherit" });
  for (const signal of SIGNALS) process.on(signal, () => child.kill(signal));
  child.on("error", (error) => fail(`${command} cannot be started: ${error.message}`));
  child.on("exit", (code, signal) => process.exit(code ?? 128 + constants.signals[signal]));
}

function fail(message) {
  console.error(`sandbox-agent: ${message}`);
  process.exit(FAILED);
}

try {
  run();
} catch (error) {
  fail(error.message);
}
