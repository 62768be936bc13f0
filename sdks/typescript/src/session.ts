/** One conversation with one agent. */
import { answerOf, type Callbacks, isFor, type Request, requestOf, waiting, waits } from "./asking.js";
import * as calls from "./calls.js";
import type { Answers } from "./calls.js";
import { AlreadyResolved, SessionNotFound } from "./errors.js";
import { Files } from "./files.js";
import { follow } from "./following.js";
import type { Http } from "./http.js";
import { EventStream, RequestStream, Turn } from "./streams.js";
import { Transcript, TurnReader } from "./turns.js";
import type * as types from "./types.js";

export interface ReadOptions extends Callbacks {
  /** Whether `raw` of each event holds what the agent said. */
  includeRaw?: boolean;
  /** Aborting ends the reading; the turn itself goes on. */
  signal?: AbortSignal;
}

export interface StreamOptions extends ReadOptions {
  /** Only events with a higher sequence; `stored`: those that the client's store has not. */
  offset?: number | "stored";
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
   * `"stored"` begins after what the client's store has of the session's log. Goes on by itself after a dropped
   * connection, without a gap and without repeating anything; throws `ConnectionFailed` when the server does not come
   * back, and `LogReplaced` when it came back with another session of this id.
   */
  stream(options: StreamOptions = {}): EventStream {
    if (options.offset === "stored" && !this.#http.store) {
      throw new TypeError("this client has no store: give one to connect() or start()");
    }
    return new EventStream((signal) => this.#attended(options, signal), options.signal);
  }

  /**
   * Permissions and questions that wait for an answer, then those that come, until the session ends.
   *
   * Each once, and only if nobody has answered it when its turn comes. Survives broken connections as `stream`.
   */
  requests(options: { signal?: AbortSignal } = {}): RequestStream {
    return new RequestStream((signal) => this.#requests(signal), options.signal);
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

  /** What leaving an `await using` block calls: the session is terminated, its history stays. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.terminate().catch((error: unknown) => {
      if (!(error instanceof SessionNotFound)) throw error; // one that was deleted needs no end
    });
  }

  async *#turn(reader: TurnReader, options: ReadOptions, signal: AbortSignal): AsyncGenerator<types.Event> {
    const { includeRaw } = options;
    const from = { offset: reader.delivered.offset, includeRaw, look: false }; // its end, or the session's, is to come
    for await (const event of follow(this.#http, this.id, from, signal)) {
      if (reader.take(event)) {
        await this.#attend(event, options);
        yield event;
      } else if (reader.doubtful) {
        reader.settle(await this.info(), event.sequence);
      }
      if (reader.done) return;
    }
  }

  async *#attended(options: StreamOptions, signal: AbortSignal): AsyncGenerator<types.Event> {
    const { offset = 0, includeRaw } = options;
    for await (const event of follow(this.#http, this.id, { offset, includeRaw }, signal)) {
      await this.#attend(event, options);
      yield event;
    }
  }

  async *#requests(signal: AbortSignal): AsyncGenerator<Request> {
    const session = await this.info();
    for (const request of waiting(session)) if (waits(request, await this.info())) yield request;
    for await (const event of follow(this.#http, this.id, { offset: session.eventCount }, signal)) {
      const request = requestOf(event);
      if (request && waits(request, await this.info())) yield request;
    }
  }

  /** Ask a callback, if the request still waits: a rule may have answered it, or somebody long ago. */
  async #attend(event: types.Event, callbacks: Callbacks): Promise<void> {
    const request = requestOf(event);
    if (!request || !isFor(request, callbacks) || !waits(request, await this.info())) return;
    const call = await answerOf(this.id, request, callbacks);
    if (!call) return;
    try {
      await this.#http.request(call);
    } catch (error) {
      if (!(error instanceof AlreadyResolved)) throw error; // somebody was quicker; the log says what
    }
  }
}

function attachment(file: string | AttachmentInput): types.Attachment {
  return typeof file === "string" ? { path: file } : file;
}
