import assert from "node:assert/strict";
import { test } from "node:test";
import type { Event, Item } from "sandbox-agent";
import { type ItemRow, itemOf, Reading, ruleOf, subjectOf } from "../src/lib/transcript";

type Told = [type: string, data: unknown];

function reading(told: readonly Told[]): Reading {
  const reading = new Reading();
  told.forEach(([type, data], index) => {
    const time = new Date(index * 1000).toISOString();
    reading.feed({ event_id: `evt_${index + 1}`, sequence: index + 1, time, type, data } as unknown as Event);
  });
  return reading;
}

const item = (id: string, kind: string, content: unknown[], more: object = {}): Item =>
  ({ item_id: id, kind, role: "assistant", parent_id: null, status: "in_progress", content, ...more }) as unknown as Item;
const call = { type: "tool_call", name: "bash", arguments: "{}", call_id: "c" };
const result = { type: "tool_result", call_id: "c", output: "out" };
const items = (read: Reading): ItemRow[] => read.rows.filter((row) => row.kind === "item");

test("deltas grow an open item, and its end is what counts", () => {
  const open = reading([["item.started", { item: item("a", "message", []) }], ["item.delta", { item_id: "a", delta: "so far" }]]);
  assert.deepEqual(itemOf(items(open)[0] as ItemRow).content, [{ type: "text", text: "so far" }]);
  const text = [{ type: "text", text: "so far so good" }];
  const closed = reading([["item.started", { item: item("a", "message", []) }], ["item.delta", { item_id: "a", delta: "x" }], ["item.completed", { item: item("a", "message", text) }]]);
  assert.deepEqual(itemOf(items(closed)[0] as ItemRow).content, text);
});

test("a result belongs to its call, whether it says so at its start or only at its end", () => {
  for (const atStart of [[result], []]) {
    const read = reading([
      ["item.started", { item: item("call", "tool_call", [call]) }],
      ["item.started", { item: item("result", "tool_result", atStart) }],
      ["item.completed", { item: item("result", "tool_result", [result]) }],
    ]);
    assert.deepEqual(items(read).map((row) => row.id), ["call"]);
    assert.equal(items(read)[0]?.result?.id, "result");
  }
});

test("a call is settled by the end of its turn, also when nothing came of it", () => {
  const told: Told[] = [["turn.started", {}], ["item.started", { item: item("call", "tool_call", [call]) }], ["item.completed", { item: item("call", "tool_call", [call], { status: "completed" }) }]];
  const read = reading(told);
  const row = items(read)[0] as ItemRow;
  const before = row.version;
  assert.equal(row.settled, false);
  read.feed({ event_id: "e", type: "turn.ended", sequence: 4, time: "", data: { reason: "interrupted" } } as unknown as Event);
  assert.deepEqual([row.settled, row.version > before], [true, true]);
});

test("what a subagent does is below its call, and a change there is one of the call", () => {
  const read = reading([
    ["item.started", { item: item("call", "tool_call", [call]) }],
    ["item.started", { item: item("inner", "message", [], { parent_id: "call" }) }],
  ]);
  const before = items(read)[0]?.version as number;
  read.feed({ type: "item.delta", sequence: 3, time: "", data: { item_id: "inner", delta: "x" } } as unknown as Event);
  assert.deepEqual(items(read)[0]?.children.map((row) => row.id), ["inner"]);
  assert.ok((items(read)[0]?.version as number) > before);
});

test("requests wait until they are answered, and the answer is told", () => {
  const asked: Told = ["permission.requested", { permission_id: "p", action: "Bash", metadata: { command: "ls" } }];
  assert.equal(reading([asked]).permissions.size, 1);
  const read = reading([asked, ["permission.resolved", { permission_id: "p", action: "Bash", metadata: { command: "ls" }, status: "accept_for_session" }]]);
  assert.equal(read.permissions.size, 0);
  assert.deepEqual(read.rows.map((row) => row.kind === "note" && [row.text, row.detail]), [["Always allowed", "ls"]]);
});

test("a turn tells why it ended, how long it took and what it used", () => {
  const usage = { input_tokens: 1, output_tokens: 2, cost_usd: null };
  const read = reading([["turn.started", {}], ["usage.updated", { turn: usage, session: usage }], ["turn.ended", { reason: "interrupted" }]]);
  const row = read.rows[0];
  assert.ok(row?.kind === "turn");
  assert.deepEqual([row.ended.reason, row.milliseconds, row.usage], ["interrupted", 2000, usage]);
});

test("a to-do list is one row in a turn, and a new one in the next", () => {
  const todos = (status: string): Told => ["todo.updated", { todos: [{ id: "1", content: "x", status }] }];
  const read = reading([["turn.started", {}], todos("pending"), todos("completed"), ["turn.started", {}], todos("pending")]);
  assert.deepEqual(read.rows.map((row) => row.kind === "todo" && row.todos[0]?.status), ["completed", "pending"]);
});

test("what always allows is said in the daemon's words", () => {
  const asked = (action: string, metadata: unknown) => ({ permission_id: "p", action, metadata, status: "requested" }) as const;
  assert.equal(ruleOf(asked("Bash", { always: "Bash(ls:*)", command: "ls" })), "Bash(ls:*)");
  assert.equal(ruleOf(asked("Write", { path: "/a" })), "Write(/a)");
  assert.equal(ruleOf(asked("Fetch", { input: { url: "x" } })), 'Fetch({"url":"x"})');
  assert.equal(subjectOf(asked("Fetch", { input: { url: "x" } })), "x");
  assert.equal(subjectOf(asked("Think", null)), "Think");
});
