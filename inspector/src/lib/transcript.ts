/** Folds a session's events into the rows that a person reads. Pure: events in, rows out. */
import { withStreamedText } from "sandbox-agent";
import type {
  ChangedFile,
  Event,
  Item,
  PermissionRequested,
  QuestionRequested,
  Todo,
  TurnEnded,
  Usage,
  UsageUpdated,
} from "sandbox-agent";

interface RowBase {
  id: string;
  /** Grows with each change: the row itself stays the same object. */
  version: number;
  time: string;
  /** Of the event that it began with. */
  sequence: number;
}

/** A message, a tool call with its result, a status: whatever is an item. */
export interface ItemRow extends RowBase {
  kind: "item";
  item: Item;
  streamed: string;
  result?: ItemRow;
  /** What a subagent did below this call. */
  children: ItemRow[];
  /** Whether nothing more can come of it: its turn is over. */
  settled: boolean;
}

export interface TurnRow extends RowBase {
  kind: "turn";
  ended: TurnEnded;
  milliseconds: number;
  usage?: Usage;
}

export interface TodoRow extends RowBase {
  kind: "todo";
  todos: readonly Todo[];
}

export interface NoteRow extends RowBase {
  kind: "note";
  tone: "plain" | "bad";
  text: string;
  detail?: string;
}

export interface ChangesRow extends RowBase {
  kind: "changes";
  files: readonly ChangedFile[];
}

export type Row = ItemRow | TurnRow | TodoRow | NoteRow | ChangesRow;

/** An item as it stands: an open one with what was streamed of it. */
export function itemOf(row: ItemRow): Item {
  return withStreamedText(row.item, row.streamed);
}

const ANSWERS = { accept: "Allowed once", accept_for_session: "Always allowed", reject: "Rejected", requested: "" };

/** One session, read so far. Changes in place; `version` tells that it did. */
export class Reading {
  version = 0;
  offset = 0;
  running = false;
  ended = false;
  readonly rows: Row[] = [];
  readonly permissions = new Map<string, PermissionRequested>();
  readonly questions = new Map<string, QuestionRequested>();
  usage: UsageUpdated | undefined;
  #items = new Map<string, ItemRow>();
  #calls = new Map<string, ItemRow>();
  #todo: TodoRow | undefined;
  #changes: ChangesRow | undefined;
  #began = 0;
  #turnUsage: Usage | undefined;
  /** The items of the running turn. */
  #open: ItemRow[] = [];

  feed(event: Event): void {
    this.version += 1;
    this.offset = event.sequence;
    switch (event.type) {
      case "turn.started":
        this.running = true;
        this.#began = Date.parse(event.time);
        this.#todo = undefined;
        this.#turnUsage = undefined;
        break;
      case "turn.ended":
        this.#turnEnded(event, event.data);
        break;
      case "session.ended":
        this.running = false;
        this.ended = true;
        this.#note(event, event.data.reason === "error" ? "bad" : "plain", "Session ended", event.data.message);
        break;
      case "item.started":
        this.#started(event, event.data.item);
        break;
      case "item.delta":
        this.#grow(event.data.item_id, event.data.delta);
        break;
      case "item.completed":
        this.#completed(event, event.data.item);
        break;
      case "error":
        this.#note(event, "bad", event.data.message, [event.data.code, event.data.hint].filter(Boolean).join(" · "));
        break;
      case "agent.unparsed":
        this.#note(event, "plain", "Something the agent said could not be read", event.data.error);
        break;
      case "permission.requested":
        this.permissions.set(event.data.permission_id, event.data);
        break;
      case "permission.resolved":
        this.permissions.delete(event.data.permission_id);
        this.#note(event, "plain", ANSWERS[event.data.status], subjectOf(event.data));
        break;
      case "question.requested":
        this.questions.set(event.data.question_id, event.data);
        break;
      case "question.resolved":
        this.questions.delete(event.data.question_id);
        this.#note(event, "plain", event.data.status === "answered" ? "Answered" : "Not answered", answersOf(event.data));
        break;
      case "usage.updated":
        this.usage = event.data;
        this.#turnUsage = event.data.turn;
        break;
      case "todo.updated":
        this.#todos(event, event.data.todos);
        break;
      case "diff.updated":
        if (event.data.scope === "session") this.#changed(event, event.data.files);
        break;
    }
  }

  #turnEnded(event: Event, ended: TurnEnded): void {
    this.running = false;
    for (const row of this.#open.splice(0)) {
      row.settled = true;
      if (row.item.kind === "tool_call" && !row.result) this.#touch(row);
    }
    const milliseconds = Date.parse(event.time) - this.#began;
    const usage = this.#turnUsage ? { usage: this.#turnUsage } : {};
    this.rows.push({ kind: "turn", ...rowOf(event), ended, milliseconds, ...usage });
  }

  #started(event: Event, item: Item): void {
    const row: ItemRow = { kind: "item", ...rowOf(event), id: item.item_id, item, streamed: "", children: [], settled: !this.running };
    if (this.running) this.#open.push(row);
    this.#items.set(row.id, row);
    const call = this.#callOf(item);
    if (call) {
      call.result = row;
      this.#touch(call);
      return;
    }
    for (const part of item.content) if (part.type === "tool_call") this.#calls.set(part.call_id, row);
    const parent = item.parent_id ? this.#items.get(item.parent_id) : undefined;
    if (parent) {
      parent.children.push(row);
      this.#touch(parent);
    } else {
      this.rows.push(row);
    }
  }

  #grow(id: string, delta: string): void {
    const row = this.#items.get(id);
    if (!row) return;
    row.streamed += delta;
    this.#touch(row);
  }

  #completed(event: Event, item: Item): void {
    let row = this.#items.get(item.item_id);
    if (!row) {
      this.#started(event, item);
      row = this.#items.get(item.item_id) as ItemRow;
    }
    row.item = item;
    row.streamed = "";
    for (const part of item.content) if (part.type === "tool_call") this.#calls.set(part.call_id, row);
    const call = this.#callOf(item);
    if (call && call.result !== row) this.#attach(call, row);
    this.#touch(row);
  }

  /** A result whose call is known only now: out of the list, to its call. */
  #attach(call: ItemRow, row: ItemRow): void {
    const parent = row.item.parent_id ? this.#items.get(row.item.parent_id) : undefined;
    const list: Row[] = parent ? parent.children : this.rows;
    const index = list.lastIndexOf(row);
    if (index >= 0) list.splice(index, 1);
    call.result = row;
    this.#touch(call);
  }

  #callOf(item: Item): ItemRow | undefined {
    if (item.kind !== "tool_result") return undefined;
    for (const part of item.content) if (part.type === "tool_result") return this.#calls.get(part.call_id);
    return undefined;
  }

  /** A change of a row is one of those above it, too: they show it. */
  #touch(row: ItemRow): void {
    row.version += 1;
    const above = this.#callOf(row.item) ?? (row.item.parent_id ? this.#items.get(row.item.parent_id) : undefined);
    if (above && above !== row) this.#touch(above);
  }

  #todos(event: Event, todos: readonly Todo[]): void {
    if (this.#todo) {
      this.#todo.todos = todos;
      this.#todo.version += 1;
      return;
    }
    this.#todo = { kind: "todo", ...rowOf(event), todos };
    this.rows.push(this.#todo);
  }

  #changed(event: Event, files: readonly ChangedFile[]): void {
    const index = this.#changes ? this.rows.lastIndexOf(this.#changes) : -1;
    if (index >= 0) this.rows.splice(index, 1);
    this.#changes = { kind: "changes", ...rowOf(event), files };
    this.rows.push(this.#changes);
  }

  #note(event: Event, tone: "plain" | "bad", text: string, detail?: string | null): void {
    this.rows.push({ kind: "note", ...rowOf(event), tone, text, ...(detail ? { detail } : {}) });
  }
}

function rowOf(event: Event): RowBase {
  return { id: event.event_id, version: 0, time: event.time, sequence: event.sequence };
}

const SUBJECTS = ["command", "path", "file_path", "url"];

/** What a permission is about, in the shortest words there are. */
export function subjectOf(request: Pick<PermissionRequested, "action" | "metadata">): string {
  const metadata = (request.metadata ?? {}) as Record<string, unknown>;
  const input = (metadata.input ?? {}) as Record<string, unknown>;
  for (const key of [...SUBJECTS, "description"]) {
    const value = metadata[key] ?? input[key];
    if (typeof value === "string" && value) return value;
    if (Array.isArray(value)) return value.join(" ");
  }
  return request.action;
}

/** What "always" would allow, in the words by which the daemon remembers it. */
export function ruleOf({ action, metadata }: PermissionRequested): string {
  const values = (metadata ?? {}) as Record<string, unknown>;
  if (typeof values.always === "string") return values.always;
  const key = [...SUBJECTS, "input"].find((name) => name in values);
  const subject = key === undefined ? values : values[key];
  return `${action}(${typeof subject === "string" ? subject : JSON.stringify(subject)})`;
}

function answersOf({ answers, response }: { answers?: readonly (readonly string[])[] | null; response: string | null }): string {
  return answers?.map((each) => each.join(", ")).join("; ") ?? response ?? "";
}
