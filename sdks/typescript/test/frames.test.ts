import assert from "node:assert/strict";
import { test } from "node:test";
import { SseDecoder } from "../src/frames.js";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

const STREAM = 'id: 1\r\ndata: {"text":"ü😀\u2028x"}\r\n\r\n: keep-alive\n\ndata: two\rdata: lines\r\rdata:tight\n\n';
const EVENTS = ['{"text":"ü😀\u2028x"}', "two\nlines", "tight"];

test("a stream may be cut into chunks anywhere, within a character and between CR and LF too", () => {
  const whole = bytes(STREAM);
  for (let cut = 0; cut <= whole.length; cut += 1) {
    const decoder = new SseDecoder();
    const events = [...decoder.feed(whole.subarray(0, cut)), ...decoder.feed(whole.subarray(cut)), ...decoder.end()];
    assert.deepEqual(events, EVENTS, `cut at ${cut}`);
  }
});

test("a stream may come byte by byte", () => {
  const decoder = new SseDecoder();
  const events = [...bytes(STREAM)].flatMap((byte) => decoder.feed(Uint8Array.of(byte)));
  assert.deepEqual(events, EVENTS);
});

test("a last event without an empty line is read when the stream has ended", () => {
  const decoder = new SseDecoder();
  assert.deepEqual(decoder.feed(bytes("data: one\n\ndata: last")), ["one"]);
  assert.deepEqual(decoder.end(), ["last"]);
});

test("an event is given out with the line end that completes it, not with the next chunk", () => {
  assert.deepEqual(new SseDecoder().feed(bytes("data: now\r\n\r")), ["now"]);
});

test("one line of many megabytes in many chunks is one event", () => {
  const decoder = new SseDecoder();
  const piece = bytes("x".repeat(65_536));
  decoder.feed(bytes("data: "));
  for (let count = 0; count < 256; count += 1) assert.deepEqual(decoder.feed(piece), []);
  assert.equal(decoder.feed(bytes("\n\n"))[0]?.length, 256 * 65_536);
});
