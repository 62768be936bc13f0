/// <reference lib="esnext.disposable" preserve="true" />
/** The public names of the package `sandbox-agent`. */
export { SandboxAgent } from "./client.js";
export type { ClientOptions, SandboxAgentConnectOptions, SandboxAgentStartOptions } from "./connecting.js";
export type { SandboxAgentSpawnLogMode, SandboxAgentSpawnOptions } from "./daemon/options.js";
export { Session } from "./session.js";
export type { AttachmentInput, ReadOptions, SendOptions, StreamOptions } from "./session.js";
export type { Callbacks, OnPermission, OnQuestion, Request } from "./asking.js";
export { EventStream, RequestStream, Stream, Turn } from "./streams.js";
export { Transcript, withStreamedText } from "./turns.js";
export type { Outcome, TurnResult } from "./turns.js";
export { Files } from "./files.js";
export type { FileBody } from "./files.js";
export type { Store, StoredQuery } from "./stores/base.js";
export type { Answers } from "./calls.js";
export { buildInspectorUrl } from "./inspector.js";
export type { InspectorUrlOptions } from "./inspector.js";
export {
  AgentNotInstalled,
  AgentProcessExited,
  AlreadyResolved,
  ApiError,
  ConnectionFailed,
  InstallFailed,
  InternalError,
  InvalidRequest,
  LogReplaced,
  ModeNotSupported,
  NotFound,
  NotReady,
  PermissionDenied,
  RequestTimeout,
  SandboxAgentError,
  SessionAlreadyExists,
  SessionBusy,
  SessionNotFound,
  StoreFailed,
  StreamError,
  TokenInvalid,
  UnsupportedAgent,
} from "./errors.js";
export type * from "./types.js";
export type * from "./legacy.js";
