/** The wire's types under short names. They are generated from the server's OpenAPI document. */
import type { components } from "./generated/schema.js";

export type { components, operations, paths } from "./generated/schema.js";

type Schemas = components["schemas"];

export type Event = Schemas["Event"];
export type EventType = Event["type"];
/** The event of one type, as in `EventOf<"item.delta">`. */
export type EventOf<Type extends EventType> = Extract<Event, { type: Type }>;
export type EventData = Event["data"];
export type EventSource = Event["source"];
export type EventPage = Schemas["EventPage"];

export type Item = Schemas["Item"];
export type ItemKind = Item["kind"];
export type ItemRole = NonNullable<Item["role"]>;
export type ItemStatus = Item["status"];
export type ContentPart = Item["content"][number];
export type TextPart = Schemas["TextPart"];
export type JsonPart = Schemas["JsonPart"];
export type ToolCallPart = Schemas["ToolCallPart"];
export type ToolResultPart = Schemas["ToolResultPart"];
export type FileRefPart = Schemas["FileRefPart"];
export type ReasoningPart = Schemas["ReasoningPart"];
export type ImagePart = Schemas["ImagePart"];
export type StatusPart = Schemas["StatusPart"];

export type SessionStarted = Schemas["SessionStarted"];
export type SessionEnded = Schemas["SessionEnded"];
export type TurnStarted = Schemas["TurnStarted"];
export type TurnEnded = Schemas["TurnEnded"];
export type TurnReason = NonNullable<TurnEnded["reason"]>;
export type ItemStarted = Schemas["ItemStarted"];
export type ItemDelta = Schemas["ItemDelta"];
export type ItemCompleted = Schemas["ItemCompleted"];
export type ErrorReported = Schemas["ErrorReported"];
export type PermissionRequested = Schemas["PermissionRequested"];
export type PermissionResolved = Schemas["PermissionResolved"];
export type QuestionRequested = Schemas["QuestionRequested"];
export type QuestionResolved = Schemas["QuestionResolved"];
export type Question = Schemas["Question"];
export type Choice = Schemas["Choice"];
export type AgentUnparsed = Schemas["AgentUnparsed"];
export type UsageUpdated = Schemas["UsageUpdated"];
export type Usage = Schemas["Usage"];
export type TodoUpdated = Schemas["TodoUpdated"];
export type Todo = Schemas["Todo"];
export type DiffUpdated = Schemas["DiffUpdated"];
export type ChangedFile = Schemas["ChangedFile"];
export type StderrTail = Schemas["StderrTail"];

export type Health = Schemas["Health"];
export type Readiness = Schemas["Readiness"];
export type ReadyAgent = Schemas["ReadyAgent"];
export type Lack = Schemas["Lack"];
export type AgentInfo = Schemas["AgentInfo"];
export type ServerStatus = Schemas["ServerStatus"];
export type AgentList = Schemas["AgentList"];
export type Capabilities = Schemas["Capabilities"];
export type InstallRequest = Schemas["InstallRequest"];
export type InstallProgress = Schemas["InstallProgress"];
export type Mode = Schemas["Mode"];
export type ModeList = Schemas["ModeList"];
export type Model = Schemas["Model"];
export type ModelList = Schemas["ModelList"];
export type LocalMcpServer = Schemas["LocalMcpServer"];
export type McpOauth = Schemas["McpOauth"];
export type RemoteMcpServer = Schemas["RemoteMcpServer"];
export type McpServer = LocalMcpServer | RemoteMcpServer;
export type HookMatcher = Schemas["HookMatcher"];
export type Skills = Schemas["Skills"];
export type SkillSource = Schemas["SkillSource"];
export type CreateSessionRequest = Schemas["CreateSessionRequest"];
export type CreateSessionResponse = Schemas["CreateSessionResponse"];
export type ForkRequest = Schemas["ForkRequest"];
export type SessionInfo = Schemas["SessionInfo"];
export type SessionState = SessionInfo["state"];
export type SessionDetail = Schemas["SessionDetail"];
export type SessionDiff = Schemas["SessionDiff"];
export type SessionList = Schemas["SessionList"];
export type MessageRequest = Schemas["MessageRequest"];
export type Attachment = Schemas["Attachment"];
export type Delivery = NonNullable<MessageRequest["delivery"]>;
export type Delivered = Schemas["Delivered"];
export type Queue = Schemas["Queue"];
export type QueuedMessage = Schemas["QueuedMessage"];
export type InterruptRequest = Schemas["InterruptRequest"];
export type PermissionReplyRequest = Schemas["PermissionReplyRequest"];
export type PermissionReply = PermissionReplyRequest["reply"];
export type QuestionReplyRequest = Schemas["QuestionReplyRequest"];
export type Problem = Schemas["Problem"];

export type FsEntry = Schemas["FsEntry"];
export type FsStat = Schemas["FsStat"];
export type FsWritten = Schemas["FsWritten"];
export type FsPath = Schemas["FsPath"];
export type FsMoveRequest = Schemas["FsMoveRequest"];
export type FsMoved = Schemas["FsMoved"];
export type FsUnpacked = Schemas["FsUnpacked"];

/** Which part of a session's log to read. */
export interface EventsQuery {
  /** Only events with a higher sequence; 0 when absent. */
  offset?: number | null;
  /** At most so many events. */
  limit?: number | null;
  /** Whether `raw` holds what the agent said. */
  includeRaw?: boolean | null;
}

export interface EventsSseQuery extends EventsQuery {
  /** Break a silence of so many milliseconds with an event named `heartbeat`, not only a comment. */
  heartbeatMs?: number | null;
}

export type TurnStreamQuery = Pick<EventsSseQuery, "includeRaw" | "heartbeatMs">;

/** Where a relative path begins: the session's directory, else the home directory. */
export interface FsSessionQuery {
  sessionId?: string | null;
}

export interface FsPathQuery extends FsSessionQuery {
  path: string;
}

/** Without a path: the folder in which relative paths begin. */
export interface FsEntriesQuery extends FsSessionQuery {
  path?: string | null;
}

export interface FsDeleteQuery extends FsPathQuery {
  /** A folder that is not empty is deleted only with this. */
  recursive?: boolean | null;
}

export type FsUploadBatchQuery = FsEntriesQuery;
