/** The client of one server. */
import * as calls from "./calls.js";
import { type SandboxAgentConnectOptions, type SandboxAgentStartOptions, serverOf } from "./connecting.js";
import { ConnectionFailed, errorOf, SandboxAgentError } from "./errors.js";
import * as files from "./files.js";
import { Files, type FileBody } from "./files.js";
import { Http } from "./http.js";
import { Session } from "./session.js";
import { EventStream, Stream } from "./streams.js";
import type * as types from "./types.js";

/** The stream of one turn ends right after the first of these, as in 0.1.x. */
const TURN_STREAM_ENDS: readonly types.EventType[] = [
  "turn.ended",
  "session.ended",
  "error",
  "agent.unparsed",
  "permission.requested",
  "question.requested",
];

/** A client of one server. Make it with `connect` or `start`; `dispose` it when it was started. */
export class SandboxAgent {
  /** Files; relative paths begin at the home directory. */
  readonly files: Files;
  readonly #http: Http;

  private constructor(http: Http) {
    this.#http = http;
    this.files = new Files(this.#http);
  }

  /** A client of the server at `baseUrl`; makes no request yet. Throws `TypeError` when that is no address. */
  static async connect(options: SandboxAgentConnectOptions): Promise<SandboxAgent> {
    const server = await serverOf(options, options.baseUrl, options.token);
    return new SandboxAgent(new Http(server, undefined, options.store));
  }

  /**
   * Start a daemon of your own on a free loopback port, or with `spawn.socket` at a unix socket that only you can open.
   *
   * It ends with the client, or with this process.
   *
   * Needs Node, Deno or Bun. Throws `ConnectionFailed` with the daemon's last words when it does not come up.
   */
  static async start(options: SandboxAgentStartOptions = {}): Promise<SandboxAgent> {
    const spawn = typeof options.spawn === "object" ? options.spawn : { enabled: options.spawn ?? true };
    if (spawn.enabled === false) throw new SandboxAgentError("SandboxAgent.start requires spawn to be enabled.");
    const { launch } = await import("./daemon/index.js");
    const daemon = await launch(spawn);
    const server = await serverOf(options, daemon.baseUrl, daemon.token);
    return new SandboxAgent(new Http(server, daemon, options.store));
  }

  /** Where the server is. */
  get baseUrl(): string {
    return this.#http.server.baseUrl;
  }

  /** The server's token; of a daemon that was started here, the random one. */
  get token(): string | undefined {
    return this.#http.server.token;
  }

  /** Stop the daemon if it was started here. Safe to call again. */
  async dispose(): Promise<void> {
    await this.#http.daemon?.close();
  }

  /** What leaving an `await using` block calls. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }

  /** Whether the server is up. */
  getHealth(): Promise<types.Health> {
    return this.#http.request(calls.health());
  }

  /** Whether the server can work, with these agents or with those it requires. Throws `NotReady`, which says why. */
  getReadiness(...agents: string[]): Promise<types.Readiness> {
    return this.#http.request(calls.readiness(agents));
  }

  /**
   * Ask `getReadiness` until the server is up and can work, for `timeoutMs` (60,000); what a new sandbox needs first.
   *
   * A request under way at the end is let finish. Throws the last error then: `NotReady`, which says what is missing, or
   * `ConnectionFailed`. What waiting does not mend is thrown at once.
   */
  waitUntilReady(
    options: { agents?: readonly string[]; timeoutMs?: number; signal?: AbortSignal } = {},
  ): Promise<types.Readiness> {
    const call = calls.readiness(options.agents ?? []);
    return this.#http.wait(call, options.timeoutMs ?? 60_000, options.signal);
  }

  /** The server's API as an OpenAPI 3.1 document. */
  getOpenapi(): Promise<Record<string, unknown>> {
    return this.#http.request(calls.openapi());
  }

  /** What the server counts, in the text format of Prometheus. */
  getMetrics(): Promise<string> {
    return this.#http.request(calls.metrics());
  }

  /** The agents, what they can do and whether they are installed. */
  listAgents(): Promise<types.AgentList> {
    return this.#http.request(calls.listAgents());
  }

  /** Install an agent's CLI; resolves when it is there. Throws `InstallFailed`. */
  installAgent(agent: string, request: types.InstallRequest = {}): Promise<void> {
    return this.#http.request(calls.installAgent(agent, request));
  }

  /**
   * Install an agent's CLI and follow how far it is; the last one is `done`. Stop early and it is given up.
   *
   * Throws `InstallFailed`, after one that is `failed`, and `ConnectionFailed` when the connection breaks: the server gives up too, so ask again to go on.
   */
  followInstall(agent: string, request: types.InstallRequest = {}, signal?: AbortSignal): Stream<types.InstallProgress> {
    return new Stream((leaving) => this.#progress(agent, request, leaving), signal);
  }

  /** The modes an agent can work in. */
  getAgentModes(agent: string): Promise<types.ModeList> {
    return this.#http.request(calls.agentModes(agent));
  }

  /** The models an agent offers, with their effort levels. */
  getAgentModels(agent: string): Promise<types.ModelList> {
    return this.#http.request(calls.agentModels(agent));
  }

  /**
   * Create a session under an id of your choice; installs the agent first where it is missing.
   *
   * What is returned is a `Session`, and has the fields of the server's answer too, as in 0.1.x.
   */
  async createSession(
    id: string,
    request: types.CreateSessionRequest,
  ): Promise<Session & types.CreateSessionResponse> {
    const created = await this.#http.request(calls.createSession(id, request));
    return Object.assign(new Session(this.#http, id), created);
  }

  /** A session that exists already; makes no request yet. */
  session(id: string): Session {
    return new Session(this.#http, id);
  }

  /** All sessions, newest first. */
  listSessions(): Promise<types.SessionList> {
    return this.#http.request(calls.listSessions());
  }

  /** How a session stands, with what is pending and queued. Throws `SessionNotFound`. */
  getSession(id: string): Promise<types.SessionDetail> {
    return this.session(id).info();
  }

  terminateSession(id: string): Promise<void> {
    return this.session(id).terminate();
  }

  deleteSession(id: string): Promise<void> {
    return this.session(id).delete();
  }

  interruptSession(id: string, options: { clearQueue?: boolean } = {}): Promise<void> {
    return this.session(id).interrupt(options);
  }

  /** Give the agent a message. Resolves to what became of it if the request names its `delivery`. */
  postMessage(id: string, request: types.MessageRequest): Promise<types.Delivered | undefined> {
    return this.#http.request(calls.postMessage(id, request));
  }

  getEvents(id: string, query: types.EventsQuery = {}): Promise<types.EventPage> {
    return this.session(id).events(query);
  }

  /** The stream of events as the server sends it, up to where the connection breaks; `streamEvents` goes on. */
  getEventsSse(id: string, query: types.EventsSseQuery = {}, signal?: AbortSignal): Promise<Response> {
    return this.#http.open(calls.followEvents(id, query), signal);
  }

  /** A message and the stream of what comes of it, as the server sends it, up to where the connection breaks. */
  postMessageStream(
    id: string,
    request: types.MessageRequest,
    query: types.TurnStreamQuery = {},
    signal?: AbortSignal,
  ): Promise<Response> {
    return this.#http.open(calls.streamMessage(id, request, { ...query }), signal);
  }

  /** All events after an offset, then live ones, until the session ends; goes on after a dropped connection. */
  streamEvents(id: string, query: types.EventsQuery = {}, signal?: AbortSignal): EventStream {
    return this.session(id).stream({
      offset: query.offset ?? 0,
      includeRaw: query.includeRaw ?? false,
      ...(signal ? { signal } : {}),
    });
  }

  /**
   * A message and the events that come of it, up to the turn's end, an error, or the first request for an answer.
   *
   * The 0.1.x way: `session.send` does not stop at a request. Both go on after a dropped connection.
   */
  streamTurn(
    id: string,
    request: types.MessageRequest,
    query: Pick<types.TurnStreamQuery, "includeRaw"> = {},
    signal?: AbortSignal,
  ): EventStream {
    return new EventStream((leaving) => this.#firstPart(id, request, query.includeRaw ?? false, leaving), signal);
  }

  replyQuestion(id: string, questionId: string, request: types.QuestionReplyRequest): Promise<void> {
    return this.session(id).replyQuestion(questionId, request.answers);
  }

  rejectQuestion(id: string, questionId: string): Promise<void> {
    return this.session(id).rejectQuestion(questionId);
  }

  replyPermission(id: string, permissionId: string, request: types.PermissionReplyRequest): Promise<void> {
    return this.#http.request(calls.replyPermission(id, permissionId, request));
  }

  listFsEntries(query: types.FsEntriesQuery = {}): Promise<types.FsEntry[]> {
    return this.#http.request(files.entries({ ...query }));
  }

  readFsFile(query: types.FsPathQuery): Promise<Uint8Array> {
    return this.#http.request(files.read({ ...query }));
  }

  writeFsFile(query: types.FsPathQuery, body: FileBody): Promise<types.FsWritten> {
    return this.#http.request(files.write({ ...query }, body));
  }

  deleteFsEntry(query: types.FsDeleteQuery): Promise<types.FsPath> {
    return this.#http.request(files.remove({ ...query }));
  }

  mkdirFs(query: types.FsPathQuery): Promise<types.FsPath> {
    return this.#http.request(files.mkdir({ ...query }));
  }

  moveFs(request: types.FsMoveRequest, query: types.FsSessionQuery = {}): Promise<types.FsMoved> {
    return this.#http.request(files.move(request, { ...query }));
  }

  statFs(query: types.FsPathQuery): Promise<types.FsStat> {
    return this.#http.request(files.stat({ ...query }));
  }

  uploadFsBatch(body: FileBody, query: types.FsUploadBatchQuery = {}): Promise<types.FsUnpacked> {
    return this.#http.request(files.upload(body, { ...query }));
  }

  async *#progress(
    agent: string,
    request: types.InstallRequest,
    signal: AbortSignal,
  ): AsyncGenerator<types.InstallProgress> {
    for await (const data of this.#http.frames(calls.followInstall(agent, request), signal)) {
      const progress = JSON.parse(data) as types.InstallProgress;
      yield progress;
      if (progress.problem) throw errorOf(progress.problem);
      if (progress.state === "done") return;
    }
    throw new ConnectionFailed(`the server ended the stream before ${agent} was installed`);
  }

  async *#firstPart(
    id: string,
    request: types.MessageRequest,
    includeRaw: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<types.Event> {
    const { message, attachments, delivery } = request;
    const options = { attachments: attachments ?? [], delivery: delivery ?? "queue", includeRaw, signal };
    for await (const event of this.session(id).send(message, options)) {
      yield event;
      if (TURN_STREAM_ENDS.includes(event.type)) return;
    }
  }
}
