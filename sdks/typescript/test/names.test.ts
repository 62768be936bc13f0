import assert from "node:assert/strict";
import { test } from "node:test";
import * as sdk from "../src/index.js";

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
  "RequestTimeout",
  "SandboxAgent",
  "SandboxAgentError",
  "Session",
  "SessionAlreadyExists",
  "SessionBusy",
  "SessionNotFound",
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
  "streamTurn", "terminateSession", "uploadFsBatch", "writeFsFile",
];

const SESSION = [
  "answerPermission", "clearQueue", "delete", "diff", "events", "fork", "info", "interrupt", "messages", "queue", "rejectQuestion",
  "replyQuestion", "requests", "send", "stream", "terminate", "withdraw",
];

const methodsOf = (kind: { prototype: object }): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(kind.prototype))
    .filter(([name, { value }]) => typeof value === "function" && name !== "constructor")
    .map(([name]) => name)
    .sort();

test("the public names are these", () => {
  assert.deepEqual(Object.keys(sdk).sort(), PUBLIC);
});

test("a client and a session can do this", () => {
  assert.deepEqual(methodsOf(sdk.SandboxAgent), METHODS);
  assert.deepEqual(methodsOf(sdk.Session), SESSION);
});
