/**
 * Every error this package raises on purpose.
 *
 *     SandboxAgentError
 *     +-- ApiError            a problem the server answers with; a class for each code
 *     +-- LogReplaced         the session that was read is gone, and another one has its id
 *     +-- ConnectionFailed    nobody answers, or the connection broke and did not come back
 *     +-- StoreFailed         events cannot be kept in, or read from, a store
 */
import type { Problem } from "./types.js";

const URN = "urn:sandbox-agent:error:";

export interface ErrorOptions {
  status?: number;
  problem?: Problem;
  response?: Response;
  cause?: unknown;
}

/** The root of everything this package raises on purpose. */
export class SandboxAgentError extends Error {
  override readonly name: string = "SandboxAgentError";
  /** The problem's code, as in `session_busy`; `connection_failed` when there was no answer. */
  readonly code: string = "error";
  /** The HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** What the server said, when it said it in our words. */
  readonly problem?: Problem;
  readonly response?: Response;

  constructor(message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.status = options.status ?? 0;
    if (options.problem) this.problem = options.problem;
    if (options.response) this.response = options.response;
  }

  /** What to do about it, where somebody knows. */
  get hint(): string | undefined {
    return this.problem?.hint ?? undefined;
  }

  /** More about it, as data. */
  get details(): unknown {
    return this.problem?.details;
  }
}

/** The server cannot be reached, or it broke off and did not come back in time. */
export class ConnectionFailed extends SandboxAgentError {
  override readonly name = "ConnectionFailed";
  override readonly code = "connection_failed";
}

/**
 * The session that was being read is gone, and another one has its id: a server that started anew, or a delete.
 *
 * Begin the new log at 0.
 */
export class LogReplaced extends SandboxAgentError {
  override readonly name = "LogReplaced";
  override readonly code = "log_replaced";

  constructor(
    /** How far the old log was read. */
    readonly offset: number,
  ) {
    super(`the session began anew: its log is not the one that was read up to event ${offset}`);
  }
}

/** Events cannot be kept in a store or read from it. */
export class StoreFailed extends SandboxAgentError {
  override readonly name = "StoreFailed";
  override readonly code = "store_failed";
}

/** A request that the server refused. */
export class ApiError extends SandboxAgentError {
  override readonly name: string = "ApiError";
  override readonly code: string = "unknown";
}

/** The request cannot be understood or asks for something that cannot be. */
export class InvalidRequest extends ApiError {
  override readonly name = "InvalidRequest";
  override readonly code = "invalid_request";
}

/** No agent of that name. */
export class UnsupportedAgent extends ApiError {
  override readonly name = "UnsupportedAgent";
  override readonly code = "unsupported_agent";
}

/** The agent exists but not in that mode. */
export class ModeNotSupported extends ApiError {
  override readonly name = "ModeNotSupported";
  override readonly code = "mode_not_supported";
}

/** No token, or a wrong one. */
export class TokenInvalid extends ApiError {
  override readonly name = "TokenInvalid";
  override readonly code = "token_invalid";
}

/** The server refuses this request, whoever asks. */
export class PermissionDenied extends ApiError {
  override readonly name = "PermissionDenied";
  override readonly code = "permission_denied";
}

/** No such route or thing. */
export class NotFound extends ApiError {
  override readonly name = "NotFound";
  override readonly code = "not_found";
}

/** The agent's CLI is not there and may not be installed. */
export class AgentNotInstalled extends ApiError {
  override readonly name = "AgentNotInstalled";
  override readonly code = "agent_not_installed";
}

/** No session of that id. */
export class SessionNotFound extends ApiError {
  override readonly name = "SessionNotFound";
  override readonly code = "session_not_found";
}

/** A session of that id is there, or is being created. */
export class SessionAlreadyExists extends ApiError {
  override readonly name = "SessionAlreadyExists";
  override readonly code = "session_already_exists";
}

/** A turn is running and the message asked not to wait. */
export class SessionBusy extends ApiError {
  override readonly name = "SessionBusy";
  override readonly code = "session_busy";
}

/** The permission or question has another answer already. */
export class AlreadyResolved extends ApiError {
  override readonly name = "AlreadyResolved";
  override readonly code = "already_resolved";
}

/** The agent could not be installed; `details` has the installer's words. */
export class InstallFailed extends ApiError {
  override readonly name = "InstallFailed";
  override readonly code = "install_failed";
}

/** The agent process ended when it was needed. */
export class AgentProcessExited extends ApiError {
  override readonly name = "AgentProcessExited";
  override readonly code = "agent_process_exited";
}

/** A bug in the server; the request may or may not have had an effect. */
export class InternalError extends ApiError {
  override readonly name = "InternalError";
  override readonly code = "internal_error";
}

/** The agent's own service or the operating system failed the request. */
export class StreamError extends ApiError {
  override readonly name = "StreamError";
  override readonly code = "stream_error";
}

/** The server is up but lacks what it needs to work; `details` is a `Readiness` that says what. */
export class NotReady extends ApiError {
  override readonly name = "NotReady";
  override readonly code = "not_ready";
}

/** It took too long. */
export class RequestTimeout extends ApiError {
  override readonly name = "RequestTimeout";
  override readonly code = "timeout";
}

const ERRORS: Readonly<Record<string, typeof ApiError>> = {
  invalid_request: InvalidRequest,
  unsupported_agent: UnsupportedAgent,
  mode_not_supported: ModeNotSupported,
  token_invalid: TokenInvalid,
  permission_denied: PermissionDenied,
  not_found: NotFound,
  agent_not_installed: AgentNotInstalled,
  session_not_found: SessionNotFound,
  session_already_exists: SessionAlreadyExists,
  session_busy: SessionBusy,
  already_resolved: AlreadyResolved,
  install_failed: InstallFailed,
  agent_process_exited: AgentProcessExited,
  internal_error: InternalError,
  stream_error: StreamError,
  not_ready: NotReady,
  timeout: RequestTimeout,
};

/** The error that an answer stands for, whoever wrote it. */
export function errorFrom(response: Response, body: string): ApiError {
  const problem = readProblem(body);
  if (!problem) {
    const words = body.trim().slice(0, 500);
    return new ApiError(words || `Request failed with status ${response.status}`, { status: response.status, response });
  }
  return errorOf(problem, { status: response.status, problem, response });
}

/** The error that a problem describes, wherever it was found. */
export function errorOf(problem: Problem, options: ErrorOptions = { status: problem.status, problem }): ApiError {
  const kind = ERRORS[problem.type?.replace(URN, "")] ?? ApiError;
  return new kind(problem.detail ?? problem.title, options);
}

function readProblem(body: string): Problem | undefined {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === "object" && value !== null && "title" in value ? (value as Problem) : undefined;
  } catch {
    return undefined;
  }
}
