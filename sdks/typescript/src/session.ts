/** One conversation with one agent. */
import * as calls from "./calls.js";
import type { Answers } from "./calls.js";
import { Cursor } from "./cursor.js";
import { AlreadyResolved } from "./errors.js";
import { Files } from "./files.js";
import type { Http } from "./http.js";
import { EventStream, Turn } from "./streams.js";
import { Transcript, TurnReader } from "./turns.js";
import type * as types from "./types.js";
import type { Call } from "./wire.js";

/** Says how to answer a permission; undefined leaves it to somebody else. */
export type OnPermission = (
  request: types.PermissionRequested,
) => types.PermissionReply | undefined | Promise<types.PermissionReply | undefined>;

/** The answers to a question; false refuses it; undefined leaves it to somebody else. */
export type OnQuestion = (
  request: types.QuestionRequested,
) => Answers | false | undefined | Promise<Answers | false | undefined>;

/** Something that waits for an answer. */
export type Request =
  | { type: "permission"; data: types.PermissionRequested }
  | { type: "question"; data: types.QuestionRequested };

export interface ReadOptions {
  /** Whether `raw` of each event holds what the agent said. */
  includeRaw?: boolean;
  onPermission?: OnPermission;
  onQuestion?: OnQuestion;
  /** Aborting ends the reading; the turn itself goes on. */
  signal?: AbortSignal;
}

export interface StreamOptions extends ReadOptions {
  /** Only events with a higher sequence. */
  offset?: number;
}

export interface SendOptions extends ReadOptions {
  /** Files on the daemon's machine; a relative path begins at the session's directory. */
  attachments?: readonly (string | AttachmentInput)[];
  /** While a turn runs: wait for its end (queue), go into it (steer), or throw `SessionBusy` (reject). */
  delivery?: types.Delivery;
}

export type AttachmentInput = Pick<types.Attachment, "path"> & Partial<types.Attachment>;

const PAGE = 2000;

/** A session. Make it with `createSession`, or with `session` when it exists already. */
export class Session {
  /** Files, relative to the session's directory. */
  readonly files: Files;
  readonly #http: Http;

  /** @internal */
  constructor(
    http: Http,
    readonly id: string,
  ) {
    this.#http = http;
    this.files = new Files(http, id);
  }

  /** How the session stands, with what is pending and queued. */
  info(): Promise<types.SessionDetail> {
    return this.#http.request(calls.getSession(this.id));
  }

  /** A page of the history. */
  events(query: types.EventsQuery = {}): Promise<types.EventPage> {
    return this.#http.request(calls.listEvents(this.id, query));
  }

  /** Send a message: iterate over what is returned, `wait()` for the result, or only `await` it. */
  send(message: string, options: SendOptions = {}): Turn {
    const attachments = (options.attachments ?? []).map(attachment);
    const delivery = options.delivery ?? "queue";
    const sent = this.#http.request(calls.postMessage(this.id, { message, attachments, delivery }), options.signal);
    const reader = sent.then((delivered) => new TurnReader(delivered as types.Delivered));
    return new Turn(reader, (read, signal) => this.#turn(read, options, signal), options.signal);
  }

  /**
   * All events after `offset`, then live ones, until the session ends.
   *
   * Goes on by itself after a dropped connection, without a gap and without repeating anything; throws
   * `ConnectionFailed` when the server does not come back.
   */
  stream(options: StreamOptions = {}): EventStream {
    return new EventStream((signal) => this.#attended(options, signal), options.signal);
  }

  /**
   * Permissions and questions that wait for an answer, then those that come, until the session ends.
   *
   * Each once, and only if nobody has answered it when its turn comes. Survives broken connections as `stream`.
   */
  async *requests(options: { signal?: AbortSignal } = {}): AsyncGenerator<Request> {
    const session = await this.info();
    for (const data of session.permissions) if (await this.#waits(data)) yield { type: "permission", data };
    for (const data of session.questions) if (await this.#waits(data)) yield { type: "question", data };
    for await (const event of this.stream({ offset: session.eventCount, ...options })) {
      const { type, data } = event;
      if (type === "permission.requested" && (await this.#waits(data))) yield { type: "permission", data };
      if (type === "question.requested" && (await this.#waits(data))) yield { type: "question", data };
    }
  }

  /** The transcript: every item so far with its final content. */
  async messages(): Promise<types.Item[]> {
    const transcript = new Transcript();
    for (let offset = 0, more = true; more; ) {
      const page = await this.events({ offset, limit: PAGE });
      for (const event of page.events) transcript.feed(event);
      offset = page.events.at(-1)?.sequence ?? offset;
      more = page.hasMore;
    }
    return transcript.items;
  }

  /** Answer a permission: once, always (exactly what was asked), or reject, with a word to the agent if you like. */
  answerPermission(id: string, reply: types.PermissionReply, options: { message?: string } = {}): Promise<void> {
    return this.#http.request(calls.replyPermission(this.id, id, { reply, ...options }));
  }

  /** Answer a question. Throws `AlreadyResolved` when it was answered otherwise. */
  replyQuestion(id: string, answers: Answers): Promise<void> {
    return this.#http.request(calls.replyQuestion(this.id, id, answers));
  }

  /** Refuse to answer a question. */
  rejectQuestion(id: string): Promise<void> {
    return this.#http.request(calls.rejectQuestion(this.id, id));
  }

  /** What the session has changed in its directory so far. */
  diff(): Promise<types.SessionDiff> {
    return this.#http.request(calls.diff(this.id));
  }

  /**
   * Create another session that begins with this one's conversation, up to the end of a turn.
   *
   * Without `turnId`, of the last turn that has ended. This session goes on as it was. Throws `InvalidRequest` when the
   * agent cannot.
   */
  async fork(id: string, options: Omit<types.ForkRequest, "newSessionId"> = {}): Promise<Session> {
    await this.#http.request(calls.forkSession(this.id, { ...options, newSessionId: id }));
    return new Session(this.#http, id);
  }

  /** End the running turn, if there is one; the session stays usable. */
  interrupt(options: { clearQueue?: boolean } = {}): Promise<void> {
    return this.#http.request(calls.interrupt(this.id, options));
  }

  /** The messages that wait for the running turn to end, next one first. */
  queue(): Promise<types.Queue> {
    return this.#http.request(calls.queue(this.id));
  }

  /** Withdraw one message that waits. Throws `NotFound` when it has begun. */
  withdraw(messageId: string): Promise<void> {
    return this.#http.request(calls.withdrawMessage(this.id, messageId));
  }

  /** Withdraw all messages that wait. */
  clearQueue(): Promise<void> {
    return this.#http.request(calls.clearQueue(this.id));
  }

  /** End the session and every process of it; its history stays. */
  terminate(): Promise<void> {
    return this.#http.request(calls.terminateSession(this.id));
  }

  /** End the session and forget it, its history too. */
  delete(): Promise<void> {
    return this.#http.request(calls.deleteSession(this.id));
  }

  async *#turn(reader: TurnReader, options: ReadOptions, signal: AbortSignal): AsyncGenerator<types.Event> {
    const cursor = new Cursor(reader.delivered.offset);
    for await (const event of this.#follow(cursor, options, signal)) {
      if (reader.take(event)) {
        await this.#attend(event, options);
        yield event;
      } else if (reader.doubtful) {
        reader.settle(await this.info(), cursor.offset);
      }
      if (reader.done) return;
    }
  }

  async *#attended(options: StreamOptions, signal: AbortSignal): AsyncGenerator<types.Event> {
    const cursor = new Cursor(options.offset);
    if (cursor.offset) {
      const session = await this.info();
      if (session.ended && session.eventCount <= cursor.offset) return;
    }
    for await (const event of this.#follow(cursor, options, signal)) {
      await this.#attend(event, options);
      yield event;
    }
  }

  #follow(cursor: Cursor, options: ReadOptions, signal: AbortSignal): AsyncGenerator<types.Event> {
    const raw = options.includeRaw ? { includeRaw: true } : {};
    return this.#http.follow((offset) => calls.followEvents(this.id, { offset, ...raw }), cursor, signal);
  }

  /** Ask a callback, if the request still waits: a rule may have answered it, or somebody long ago. */
  async #attend(event: types.Event, options: ReadOptions): Promise<void> {
    const call = await this.#reply(event, options);
    if (!call) return;
    try {
      await this.#http.request(call);
    } catch (error) {
      if (!(error instanceof AlreadyResolved)) throw error; // somebody was quicker; the log says what
    }
  }

  async #reply(event: types.Event, { onPermission, onQuestion }: ReadOptions): Promise<Call<void> | undefined> {
    if (event.type === "permission.requested" && onPermission) {
      const { permission_id: key } = event.data;
      if (!(await this.#waits(event.data))) return undefined;
      const reply = await onPermission(event.data);
      return reply && calls.replyPermission(this.id, key, { reply });
    }
    if (event.type === "question.requested" && onQuestion) {
      const { question_id: key } = event.data;
      if (!(await this.#waits(event.data))) return undefined;
      const answers = await onQuestion(event.data);
      if (answers === false) return calls.rejectQuestion(this.id, key);
      return answers === undefined ? undefined : calls.replyQuestion(this.id, key, answers);
    }
    return undefined;
  }

  async #waits(request: types.PermissionRequested | types.QuestionRequested): Promise<boolean> {
    const { permissions, questions } = await this.info();
    return "permission_id" in request
      ? permissions.some((each) => each.permission_id === request.permission_id)
      : questions.some((each) => each.question_id === request.question_id);
  }
}

function attachment(file: string | AttachmentInput): types.Attachment {
  return typeof file === "string" ? { path: file } : file;
}
