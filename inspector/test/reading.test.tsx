/** How texts are taken apart: markdown, terminal output, diffs, forms, requests. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { renderToStaticMarkup } from "react-dom/server";
import { pathIn } from "../src/chat/actions";
import { curlOf, withoutSecrets } from "../src/lib/requests";
import { hooksOf, hooksProblem } from "../src/sessions/hooks";
import { mcpOf, mcpProblem } from "../src/sessions/mcp";
import { skillsOf } from "../src/sessions/skills";
import { Ansi } from "../src/ui/ansi";
import { linesOf } from "../src/ui/diff";
import { blocksOf, safeUrl } from "../src/ui/markdown";
import { ago, count, lasting, size } from "../src/ui/time";

test("markdown falls into blocks that add up to the text, and fences and lists stay whole", () => {
  const text = "# Title\n\nOne\n\n```py\na\n\nb\n```\n\nTwo\n\n- x\n\n- y\n\nThree\n\n````md\n```\n\nin\n````";
  const blocks = blocksOf(text);
  assert.equal(blocks.join("\n"), text);
  assert.deepEqual(blocks.map((block) => block.trim().split("\n", 1)[0]), ["# Title", "One", "```py", "Two", "Three", "````md"]);
});

test("only the web and mail are linked to", () => {
  for (const url of ["https://a.example/b", "http://a", "mailto:a@b"]) assert.equal(safeUrl(url), url);
  for (const url of ["javascript:alert(1)", " JAVASCRIPT:x", "data:text/html,x", "//evil", "/relative", "file:///etc", "vbscript:x"]) {
    assert.equal(safeUrl(url), "", url);
  }
});

test("terminal colours become classes, other sequences vanish, text stays text", () => {
  const html = (text: string): string => renderToStaticMarkup(<Ansi text={text} />);
  assert.equal(html("\x1b[1;31mred\x1b[0m <b>"), '<span class="ansi-bold ansi-1">red</span> &lt;b&gt;');
  assert.equal(html("\x1b[2K\x1b[?25l\x1b]0;title\x07a\x1b]8;;javascript:x\x1b\\b\x00"), "ab");
  assert.equal(html("\x1b[38;5;2mg\x1b[39m\x1b[38;2;1;2;3mx\x1b[48;5;4my"), '<span class="ansi-2">g</span>x<span class="ansi-bg-4">y</span>');
});

test("a diff is its lines with their numbers, of several files too", () => {
  const diff = "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1,2 +1,2 @@\n same\n-old\n+new\ndiff --git a/y b/y\n--- a/y\n+++ b/y\n@@ -9 +9 @@\n+++ plus\n";
  assert.deepEqual(
    linesOf(diff).map((line) => [line.kind, line.old, line.new]),
    [["hunk", undefined, undefined], ["same", 1, 1], ["removed", 2, undefined], ["added", undefined, 2], ["hunk", undefined, undefined], ["added", undefined, 9]],
  );
});

test("an MCP server that cannot work is told before it is sent", () => {
  const draft = { name: "a", text: '{"type":"local","command":"run"}' };
  assert.equal(mcpProblem(draft, [draft]), undefined);
  assert.match(mcpProblem(draft, [draft, draft]) ?? "", /has this name/);
  assert.match(mcpProblem({ ...draft, text: "[]" }, []) ?? "", /JSON object/);
  assert.match(mcpProblem({ ...draft, text: '{"type":"other"}' }, []) ?? "", /"local" or "remote"/);
  assert.throws(() => mcpOf([{ name: "", text: "{}" }]), /needs a name/);
  assert.deepEqual(mcpOf([draft]), { a: { type: "local", command: "run" } });
});

test("hooks that cannot work are told before they are sent", () => {
  const good = '{"Stop": [{"hooks": [{"type": "command", "command": "x"}]}]}';
  assert.equal(hooksProblem(good), undefined);
  assert.deepEqual(hooksOf(good), JSON.parse(good));
  for (const text of ["[]", "1", "null"]) assert.match(hooksProblem(text) ?? "", /JSON object/, text);
  for (const text of ['{"Stop": {}}', '{"Stop": [1]}', '{"Stop": [{"matcher": "x"}]}']) {
    assert.match(hooksProblem(text) ?? "", /^Stop must be a list/, text);
  }
  assert.throws(() => hooksOf("{"), /^TypeError: Hooks: Not JSON/);
});

test("skills are sent without what was left empty", () => {
  const draft = { type: "local", source: " /s ", skills: "a, b,", ref: "main", subpath: "" };
  assert.deepEqual(skillsOf([draft]), { sources: [{ type: "local", source: "/s", skills: ["a", "b"] }] });
});

test("a request for the shell has no token, and quotes what needs it", () => {
  const request = { id: 1, time: 0, method: "POST", url: "http://h/x", headers: { authorization: "(hidden)" }, request: "it's" };
  assert.equal(curlOf(request), `curl -X POST 'http://h/x' -H "authorization: Bearer $TOKEN" -d 'it'\\''s'`);
});

test("secrets in bodies are hidden by the names of their fields", () => {
  const body = { agent: "x", mcp: { a: { headers: { Authorization: "Bearer s" }, env: { API_KEY: "s", HOME: "/h" } } }, input_tokens: 3 };
  const shown = withoutSecrets(JSON.stringify(body));
  assert.deepEqual(JSON.parse(shown), {
    agent: "x",
    mcp: { a: { headers: { Authorization: "(hidden)" }, env: { API_KEY: "(hidden)", HOME: "/h" } } },
    input_tokens: 3,
  });
  assert.equal(withoutSecrets("token but no JSON"), "token but no JSON");
});

test("paths below the agent's directory are short", () => {
  assert.equal(pathIn("/work", "/work/src/a.py"), "src/a.py");
  assert.equal(pathIn("/work", "/works/a.py"), "/works/a.py");
  assert.equal(pathIn(undefined, "/work/a.py"), "/work/a.py");
});

test("times and sizes are short", () => {
  assert.deepEqual([1, 90, 7200, 200_000].map((seconds) => ago(0, seconds * 1000)), ["now", "1 min", "2 h", "2 d"]);
  assert.deepEqual([lasting(12), lasting(3200), lasting(61_000)], ["12 ms", "3.2 s", "1 min 1 s"]);
  assert.deepEqual([size(10), size(2048), size(3e6)], ["10 B", "2.0 KB", "2.9 MB"]);
  assert.deepEqual([count(1200), count(200_000)], ["1,200", "200k"]);
});
