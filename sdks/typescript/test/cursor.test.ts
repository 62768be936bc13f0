import assert from "node:assert/strict";
import { test } from "node:test";
import { Cursor } from "../src/cursor.js";
import { ConnectionFailed, StreamError } from "../src/index.js";
import type { Event } from "../src/index.js";

const event = (sequence: number, type = "item.delta"): Event => ({ sequence, type }) as unknown as Event;
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const frame = (sequence: number): Uint8Array => bytes(`data: ${JSON.stringify(event(sequence))}\n\n`);

test("what was given out before is stepped over, and a hole is a failure", () => {
  const cursor = new Cursor(3);
  assert.equal(cursor.passed(event(3)), false);
  assert.equal(cursor.passed(event(4)), true);
  assert.throws(() => cursor.passed(event(6)), ConnectionFailed);
  assert.equal(cursor.offset, 4);
});

test("the end of the session is the end of the stream", () => {
  const cursor = new Cursor();
  cursor.passed(event(1, "session.ended"));
  assert.equal(cursor.ended, true);
});

test("a new connection forgets half an event of the last one", () => {
  const cursor = new Cursor();
  assert.deepEqual(cursor.feed(bytes('data: {"seq')), []);
  cursor.connected();
  assert.deepEqual(cursor.feed(frame(1)), [event(1)]);
});

test("a log that is another one under the same id is not read on", () => {
  const cursor = new Cursor(5);
  cursor.connected("one");
  cursor.connected();
  cursor.connected("one");
  assert.throws(() => cursor.connected("two"), { code: "log_replaced", offset: 5 });
});

test("an event that was cut at the end of a connection is left to the next one", () => {
  const cursor = new Cursor();
  cursor.feed(frame(1).subarray(0, 20));
  assert.deepEqual(cursor.finish(), []);
});

test("an event that cannot be read is an error that says where", () => {
  const cursor = new Cursor(7);
  assert.throws(() => cursor.feed(bytes("data: {]\n\n")), StreamError);
  assert.throws(() => cursor.feed(bytes("data: {]\n\n")), /after 7 cannot be read/);
});
