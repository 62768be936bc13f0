import assert from "node:assert/strict";
import { test } from "node:test";
import * as daemon from "../src/daemon/index.js";
import * as sdk from "../src/index.js";
import * as file from "../src/stores/file.js";
import * as postgres from "../src/stores/postgres.js";
import * as stores from "../src/stores/index.js";
import * as sqlite from "../src/stores/sqlite.js";
import * as testing from "../src/testing/index.js";

// A name added is a decision.
const PUBLIC = [
  "AgentNotInstalled",
  "AgentProcessExited",
  "AlreadyResolved",
  "ApiError",
  "ConnectionFailed",
  "EventStream",
  "Files",
  "InstallFailed",
  "InternalError",
  "InvalidRequest",
  "LogReplaced",
  "ModeNotSupported",
  "NotFound",
  "NotReady",
  "PermissionDenied",
  "RequestStream",
  "RequestTimeout",
  "SandboxAgent",
  "SandboxAgentError",
  "Session",
  "SessionAlreadyExists",
  "SessionBusy",
  "SessionNotFound",
  "StoreFailed",
  "Stream",
  "StreamError",
  "TokenInvalid",
  "Transcript",
  "Turn",
  "UnsupportedAgent",
  "buildInspectorUrl",
  "withStreamedText",
];

const METHODS = [
  "createSession", "deleteFsEntry", "deleteSession", "dispose", "followInstall", "getAgentModels", "getAgentModes",
  "getEvents", "getEventsSse", "getHealth", "getMetrics", "getOpenapi", "getReadiness", "getSession", "installAgent", "interruptSession",
  "listAgents", "listFsEntries", "listSessions", "mkdirFs", "moveFs", "postMessage", "postMessageStream",
  "readFsFile", "rejectQuestion", "replyPermission", "replyQuestion", "session", "statFs", "streamEvents",
  "streamTurn", "terminateSession", "uploadFsBatch", "waitUntilReady", "writeFsFile",
];

const SESSION = [
  "answerPermission", "clearQueue", "delete", "diff", "events", "fork", "info", "interrupt", "messages", "queue", "rejectQuestion",
  "replyQuestion", "requests", "send", "stream", "terminate", "withdraw",
];

const FILES = ["delete", "download", "entries", "mkdir", "move", "read", "readText", "stat", "stream", "unpack", "write"];

const STREAM = ["close", "next", "return"];

const STORE = ["append", "close", "delete", "events", "last", "logs", "sessions"];

const methodsOf = (kind: { prototype: object }): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(kind.prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name)
    .sort();

test("the public names are these", () => {
  assert.deepEqual(Object.keys(sdk).sort(), PUBLIC);
});

test("the other entry points have these", () => {
  assert.deepEqual(Object.keys(daemon).sort(), ["Daemon", "findDaemon", "launch"]);
  assert.deepEqual(Object.keys(stores).sort(), ["IndexedDBStore", "MemoryStore", "missingFrom", "read"]);
  assert.deepEqual([file, sqlite, postgres].map(Object.keys), [["FileStore"], ["SQLiteStore"], ["PostgresStore"]]);
  assert.deepEqual(Object.keys(testing).sort(), ["CONTRACTS", "sample"]);
});

test("a client and a session can do this", () => {
  assert.deepEqual(methodsOf(sdk.SandboxAgent), METHODS);
  assert.deepEqual(methodsOf(sdk.Session), SESSION);
  assert.deepEqual(methodsOf(sdk.Files), FILES);
  assert.deepEqual(methodsOf(sdk.Stream), STREAM);
  assert.deepEqual(methodsOf(sdk.Turn), ["then", "wait"]);
  assert.deepEqual(methodsOf(sdk.Transcript), ["feed"]);
  for (const kind of [stores.MemoryStore, stores.IndexedDBStore, file.FileStore, sqlite.SQLiteStore, postgres.PostgresStore]) {
    assert.deepEqual(methodsOf(kind), STORE);
  }
});
