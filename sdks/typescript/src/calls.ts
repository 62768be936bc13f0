/** One pure function for each endpoint: arguments in, a `Call` out. */
import type * as types from "./types.js";
import type { Call, Query } from "./wire.js";

/** One list of answers for each question; a single string answers a single question. */
export type Answers = string | readonly (readonly string[])[];

const INSTALLING_MS = 900_000;

export const health = (): Call<types.Health> => get("/v1/health");
export const readiness = (agents: readonly string[]): Call<types.Readiness> =>
  get("/v1/ready", agents.length ? { agents: agents.join(",") } : {});
export const listAgents = (): Call<types.AgentList> => get("/v1/agents");
export const agentModes = (agent: string): Call<types.ModeList> => get(`/v1/agents/${quoted(agent)}/modes`);
export const agentModels = (agent: string): Call<types.ModelList> => get(`/v1/agents/${quoted(agent)}/models`);
export const listSessions = (): Call<types.SessionList> => get("/v1/sessions");
export const getSession = (id: string): Call<types.SessionDetail> => get(session(id));
export const openapi = (): Call<Record<string, unknown>> => get("/v1/openapi.json");

export const metrics = (): Call<string> => ({
  ...get<string>("/v1/metrics"),
  accept: "text/plain",
  read: (response) => response.text(),
});

export const installAgent = (agent: string, request: types.InstallRequest): Call<void> => ({
  ...post(`/v1/agents/${quoted(agent)}/install`, request),
  timeoutMs: INSTALLING_MS,
});

export const followInstall = (agent: string, request: types.InstallRequest): Call<Response> => ({
  ...post(`/v1/agents/${quoted(agent)}/install/stream`, request),
  read: itself,
  accept: "text/event-stream",
});

export const createSession = (id: string, request: types.CreateSessionRequest): Call<types.CreateSessionResponse> => ({
  ...post(session(id), request),
  read: json,
  timeoutMs: INSTALLING_MS, // a missing agent is installed first
});

export const forkSession = (id: string, request: types.ForkRequest): Call<types.CreateSessionResponse> => ({
  ...post(`${session(id)}/fork`, request),
  read: json,
  timeoutMs: INSTALLING_MS,
});

export const deleteSession = (id: string): Call<void> => ({ method: "DELETE", path: session(id), read: nothing });

export const terminateSession = (id: string): Call<void> => ({
  method: "POST",
  path: `${session(id)}/terminate`,
  read: nothing,
  idempotent: true,
});

export const postMessage = (id: string, request: types.MessageRequest): Call<types.Delivered | undefined> => ({
  ...post(`${session(id)}/messages`, request),
  read: jsonOrNothing<types.Delivered>,
});

export const streamMessage = (id: string, request: types.MessageRequest, query?: Query): Call<Response> => ({
  ...post(`${session(id)}/messages/stream`, request),
  read: itself,
  query,
  accept: "text/event-stream",
});

export const interrupt = (id: string, request: Partial<types.InterruptRequest>): Call<void> =>
  post(`${session(id)}/interrupt`, request);

export const diff = (id: string): Call<types.SessionDiff> => get(`${session(id)}/diff`);

export const queue = (id: string): Call<types.Queue> => get(`${session(id)}/queue`);

export const clearQueue = (id: string): Call<void> => ({
  method: "DELETE",
  path: `${session(id)}/queue`,
  read: nothing,
});

export const withdrawMessage = (id: string, messageId: string): Call<void> => ({
  method: "DELETE",
  path: `${session(id)}/queue/${quoted(messageId)}`,
  read: nothing,
});

export const listEvents = (id: string, query?: types.EventsQuery): Call<types.EventPage> => ({
  ...get<types.EventPage>(`${session(id)}/events`),
  query: { ...query },
});

export const followEvents = (id: string, query?: types.EventsSseQuery): Call<Response> => ({
  method: "GET",
  path: `${session(id)}/events/sse`,
  query: { ...query },
  accept: "text/event-stream",
  read: itself,
  idempotent: true,
});

export const replyPermission = (id: string, key: string, request: types.PermissionReplyRequest): Call<void> => ({
  ...post(`${session(id)}/permissions/${quoted(key)}/reply`, request),
  idempotent: true,
});

export const replyQuestion = (id: string, key: string, answers: Answers): Call<void> => ({
  ...post(`${session(id)}/questions/${quoted(key)}/reply`, { answers: perQuestion(answers) }),
  idempotent: true,
});

export const rejectQuestion = (id: string, key: string): Call<void> => ({
  method: "POST",
  path: `${session(id)}/questions/${quoted(key)}/reject`,
  read: nothing,
  idempotent: true,
});

export function get<T>(path: string, query?: Query): Call<T> {
  return { method: "GET", path, query, read: json, idempotent: true };
}

export function post(path: string, body: unknown): Call<void> {
  return { method: "POST", path, body: JSON.stringify(body), contentType: "application/json", read: nothing };
}

export async function json<T>(response: Response): Promise<T> {
  return (await response.json()) as T;
}

async function jsonOrNothing<T>(response: Response): Promise<T | undefined> {
  const text = await response.text();
  return text ? (JSON.parse(text) as T) : undefined;
}

async function nothing(response: Response): Promise<void> {
  await response.arrayBuffer(); // read to the end, so that the connection can be used again
}

async function itself(response: Response): Promise<Response> {
  return response;
}

function session(id: string): string {
  return `/v1/sessions/${quoted(id)}`;
}

function quoted(segment: string): string {
  // `fetch` folds such a path away, however it is written.
  if (segment === "." || segment === "..") throw new TypeError(`"${segment}" cannot be part of an address`);
  return encodeURIComponent(segment);
}

function perQuestion(answers: Answers): readonly (readonly string[])[] {
  if (typeof answers === "string") return [[answers]];
  if (answers.some((each) => typeof each === "string")) {
    throw new TypeError("answers is one list of strings for each question, as in [['Red'], ['Yes', 'No']]");
  }
  return answers;
}
