/** What a session's events add up to: which of them belong to one message, and what came of its turn. Pure. */
import type { ContentPart, Delivered, ErrorReported, Event, Item, SessionDetail, TurnReason, Usage } from "./types.js";

/** `withdrawn`: the message was taken out of the queue, so there was no turn. */
export type Outcome = TurnReason | "withdrawn";

/** What came of a message. */
export interface TurnResult {
  reason: Outcome;
  /** The agent's last words of the turn; empty when it said nothing. */
  text: string;
  /** Everything the turn was made of. */
  items: Item[];
  errors: ErrorReported[];
  /** What the turn used, where the agent says it. */
  usage?: Usage;
}

/** Folds events into items with their final content, in the order in which they began. */
export class Transcript {
  readonly #items = new Map<string, Item>();
  readonly #streamed = new Map<string, string>();

  /** Take the next event. */
  feed(event: Event): void {
    switch (event.type) {
      case "item.started":
        this.#items.set(event.data.item.item_id, event.data.item);
        this.#streamed.set(event.data.item.item_id, "");
        break;
      case "item.delta":
        this.#streamed.set(event.data.item_id, (this.#streamed.get(event.data.item_id) ?? "") + event.data.delta);
        break;
      case "item.completed":
        this.#items.set(event.data.item.item_id, event.data.item);
        this.#streamed.delete(event.data.item.item_id);
        break;
    }
  }

  /** The items so far; an open one holds what was streamed of it. */
  get items(): Item[] {
    return [...this.#items.values()].map((item) => withStreamedText(item, this.#streamed.get(item.item_id) ?? ""));
  }
}

type Streamable = Extract<ContentPart, { type: "text" | "reasoning" | "tool_result" | "tool_call" }>;

const STREAMED: readonly Streamable["type"][] = ["text", "reasoning", "tool_result", "tool_call"];

/** An open item with what was streamed of it, in the part that its deltas belong to. */
export function withStreamedText(item: Item, text: string): Item {
  if (!text) return item;
  const kind = streamedKind(item, text);
  const index = item.content.findIndex((part) => part.type === kind);
  const part = item.content[index];
  if (!part) return { ...item, content: [...item.content, { type: "text", text }] };
  const others = item.content.slice(index + 1).filter((other) => other.type !== kind);
  return { ...item, content: [...item.content.slice(0, index), holding(part as Streamable, text), ...others] };
}

/** Thoughts that were there from the start stay: then the deltas are what the agent says. */
function streamedKind(item: Item, text: string): Streamable["type"] {
  const kind = STREAMED.find((each) => item.content.some((part) => part.type === each)) ?? "text";
  if (kind !== "reasoning") return kind;
  const before = item.content.flatMap((part) => (part.type === "reasoning" ? [part.text] : []));
  return ["", text.trim()].includes(before.join("\n").trim()) ? kind : "text";
}

function holding(part: Streamable, text: string): ContentPart {
  switch (part.type) {
    case "text":
    case "reasoning":
      return { ...part, text };
    case "tool_result":
      return { ...part, output: text };
    case "tool_call":
      return { ...part, arguments: text };
  }
}

/** Picks the events of one message's turn out of the session's log. */
export class TurnReader {
  done = false;
  /** The turn did not begin where it might have: look whether the message still waits, and `settle`. */
  doubtful = false;
  #inside: boolean;
  #reason: Outcome | undefined;
  #goneAfter: number | undefined;
  #transcript = new Transcript();
  #errors: ErrorReported[] = [];
  #usage: Usage | undefined;

  constructor(readonly delivered: Delivered) {
    this.#inside = delivered.delivery === "steered";
  }

  /** Whether `event` is of this turn. */
  take(event: Event): boolean {
    this.#step(event);
    if (this.#inside) this.#fold(event);
    else if (this.#goneAfter !== undefined && event.sequence >= this.#goneAfter) this.#end("withdrawn");
    return this.#inside || (this.done && this.#reason !== "withdrawn");
  }

  /** Resolve a doubt: a message that neither waits nor began within the log so far was withdrawn. */
  settle(session: SessionDetail, offset: number): void {
    this.doubtful = false;
    if (session.queue.some((waiting) => waiting.messageId === this.delivered.messageId)) return;
    this.#goneAfter = session.eventCount;
    if (offset >= this.#goneAfter) this.#end("withdrawn");
  }

  /** What came of it, as far as it was read. */
  get result(): TurnResult {
    const items = this.#transcript.items;
    const result: TurnResult = {
      reason: this.#reason ?? "terminated",
      text: lastWords(items),
      items,
      errors: [...this.#errors],
    };
    return this.#usage ? { ...result, usage: this.#usage } : result;
  }

  #step(event: Event): void {
    switch (event.type) {
      case "session.ended":
        return this.#end("terminated");
      case "turn.started":
        this.#inside ||= event.data.message_id === this.delivered.messageId;
        return;
      case "turn.ended":
        if (this.#inside) return this.#end(event.data.reason ?? "completed");
        this.doubtful = true;
        return;
      case "agent.unparsed":
        this.doubtful = !this.#inside;
    }
  }

  #end(reason: Outcome): void {
    this.done = true;
    this.#reason ??= reason;
  }

  #fold(event: Event): void {
    this.#transcript.feed(event);
    if (event.type === "error") this.#errors.push(event.data);
    if (event.type === "usage.updated") this.#usage = event.data.turn;
  }
}

function lastWords(items: readonly Item[]): string {
  for (const item of [...items].reverse()) {
    if (item.kind !== "message" || item.role !== "assistant" || item.parent_id) continue;
    const text = item.content.flatMap((part) => (part.type === "text" ? [part.text] : [])).join("\n");
    if (text) return text;
  }
  return "";
}
