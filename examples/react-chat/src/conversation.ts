/** What a session's events add up to for the page. Knows nothing of React. */
import { type Event, type Item, type Request, type Session, Transcript } from "sandbox-agent";

/** What the page shows. A new object after each change. */
export interface View {
  items: Item[];
  /** Permissions and questions that wait for the person. */
  requests: Request[];
  running: boolean;
  /** Messages that wait for the running turn to end. */
  queued: string[];
  /** How the last turn ended, unless it simply was done. */
  remark: string;
  ended: boolean;
}

const EMPTY: View = { items: [], requests: [], running: false, queued: [], remark: "", ended: false };

const REMARKS: Record<string, string> = {
  interrupted: "Stopped.",
  error: "The turn failed.",
  agent_exited: "The agent crashed. The next message starts it again.",
};

/** Follows a session. `subscribe` and `view` are what `useSyncExternalStore` wants. */
export class Conversation {
  #view = EMPTY;
  #transcript = new Transcript();
  #begun = new Set<string | null | undefined>();
  #scheduled = false;
  #listeners = new Set<() => void>();

  constructor(readonly session: Session) {}

  readonly view = (): View => this.#view;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Give the agent a message; what comes of it is in the view. */
  async send(message: string): Promise<void> {
    const { delivery, messageId } = await this.session.send(message);
    if (delivery !== "queued" || this.#begun.has(messageId)) return;
    this.#change({ queued: [...this.#view.queued, messageId] });
    this.#tell();
  }

  /** Read the log from its beginning and then live, until the session ends. Survives broken connections. */
  async follow(signal: AbortSignal): Promise<void> {
    this.#view = EMPTY;
    this.#transcript = new Transcript();
    for await (const event of this.session.stream({ signal })) {
      this.#take(event);
      this.#tell();
    }
  }

  #take(event: Event): void {
    this.#transcript.feed(event);
    const { requests } = this.#view;
    switch (event.type) {
      case "turn.started":
        this.#begun.add(event.data.message_id);
        return this.#change({
          running: true,
          queued: this.#view.queued.filter((id) => id !== event.data.message_id),
          remark: "",
        });
      case "turn.ended":
        return this.#change({ running: false, remark: this.#view.remark || (REMARKS[event.data.reason ?? ""] ?? "") });
      case "error":
        return this.#change({ remark: event.data.message });
      case "permission.requested":
        return this.#change({ requests: [...requests, { type: "permission", data: event.data }] });
      case "question.requested":
        return this.#change({ requests: [...requests, { type: "question", data: event.data }] });
      case "permission.resolved":
        return this.#change({ requests: requests.filter((each) => keyOf(each) !== event.data.permission_id) });
      case "question.resolved":
        return this.#change({ requests: requests.filter((each) => keyOf(each) !== event.data.question_id) });
      case "session.ended":
        return this.#change({ ended: true, running: false, queued: [], requests: [] });
    }
  }

  #change(change: Partial<View>): void {
    this.#view = { ...this.#view, ...change };
  }

  /** An agent says hundreds of pieces a second: draw once a frame. */
  #tell(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    requestAnimationFrame(() => {
      this.#scheduled = false;
      this.#change({ items: this.#transcript.items });
      for (const listener of this.#listeners) listener();
    });
  }
}

/** What is unique of a request in its session. */
export function keyOf(request: Request): string {
  return request.type === "permission" ? request.data.permission_id : request.data.question_id;
}
