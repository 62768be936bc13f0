import assert from "node:assert/strict";
import { test } from "node:test";
import { Transcript } from "../src/index.js";
import type { ContentPart, Event, Item, SessionDetail } from "../src/index.js";
import { TurnReader, withStreamedText } from "../src/turns.js";

const item = (content: ContentPart[]): Item => ({
  item_id: "itm_1",
  kind: "message",
  role: "assistant",
  native_item_id: null,
  parent_id: null,
  status: "in_progress",
  content,
});

const event = (sequence: number, type: string, data: unknown): Event => ({ sequence, type, data }) as unknown as Event;
const started = (sequence: number, id: string): Event => event(sequence, "turn.started", { message_id: id });
const ended = (sequence: number): Event => event(sequence, "turn.ended", { reason: "completed" });

test("an open item holds what was streamed of it, a closed one what it ended with", () => {
  const transcript = new Transcript();
  transcript.feed(event(1, "item.started", { item: item([]) }));
  transcript.feed(event(2, "item.delta", { item_id: "itm_1", delta: "so " }));
  transcript.feed(event(3, "item.delta", { item_id: "itm_1", delta: "far" }));
  assert.deepEqual(transcript.items[0]?.content, [{ type: "text", text: "so far" }]);
  const last = { ...item([{ type: "text", text: "so far so good" }]), status: "completed" };
  transcript.feed(event(4, "item.completed", { item: last }));
  assert.deepEqual(transcript.items, [last]);
});

test("what is streamed goes into the part that is streamed", () => {
  const call: ContentPart = { type: "tool_call", name: "bash", arguments: "", call_id: "c" };
  assert.deepEqual(withStreamedText(item([call]), '{"a"').content, [{ ...call, arguments: '{"a"' }]);
  const thought: ContentPart = { type: "reasoning", text: "", visibility: "public" };
  assert.deepEqual(withStreamedText(item([thought]), "Hm").content, [{ ...thought, text: "Hm" }]);
  const before: ContentPart = { ...thought, text: "Hm" };
  assert.deepEqual(withStreamedText(item([before]), "Yes").content, [before, { type: "text", text: "Yes" }]);
});

test("a turn is the events from its own start to its own end", () => {
  const reader = new TurnReader({ messageId: "m2", delivery: "queued", offset: 0 });
  const taken = [started(1, "m1"), ended(2), started(3, "m2"), ended(4)].map((each) => reader.take(each));
  assert.deepEqual(taken, [false, false, true, true]);
  assert.equal(reader.result.reason, "completed");
});

test("a message that neither waits nor began was withdrawn", () => {
  const reader = new TurnReader({ messageId: "m2", delivery: "queued", offset: 0 });
  reader.take(ended(1));
  assert.equal(reader.doubtful, true);
  reader.settle({ queue: [{ messageId: "m2" }], eventCount: 1 } as unknown as SessionDetail, 1);
  assert.equal(reader.done, false);
  reader.settle({ queue: [], eventCount: 3 } as unknown as SessionDetail, 1);
  assert.equal(reader.done, false);
  assert.equal(reader.take(started(3, "m3")), false);
  assert.deepEqual([reader.done, reader.result.reason], [true, "withdrawn"]);
});
