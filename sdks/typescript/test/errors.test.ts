import assert from "node:assert/strict";
import { test } from "node:test";
import { errorFrom } from "../src/errors.js";
import { ApiError, SandboxAgentError, SessionBusy } from "../src/index.js";

const answer = (status: number): Response => new Response(null, { status });

test("a problem becomes the class of its code and keeps what the server said", () => {
  const problem = {
    type: "urn:sandbox-agent:error:session_busy",
    title: "Session Busy",
    status: 409,
    detail: "session busy: s",
    hint: "wait",
    details: { turn: 1 },
  };
  const error = errorFrom(answer(409), JSON.stringify(problem));
  assert.ok(error instanceof SessionBusy && error instanceof ApiError && error instanceof SandboxAgentError);
  assert.equal(error.message, "session busy: s");
  assert.deepEqual([error.name, error.code, error.status, error.hint], ["SessionBusy", "session_busy", 409, "wait"]);
  assert.deepEqual(error.details, { turn: 1 });
  assert.deepEqual(error.problem, problem);
});

test("a code that this version does not know is an ApiError with the problem's words", () => {
  const error = errorFrom(answer(418), '{"type":"urn:sandbox-agent:error:teapot","title":"Teapot","status":418}');
  assert.deepEqual([error.constructor, error.message, error.status], [ApiError, "Teapot", 418]);
});

test("what a proxy says instead is kept too, and silence is told by its status", () => {
  assert.equal(errorFrom(answer(502), "<h1>Bad Gateway</h1>").message, "<h1>Bad Gateway</h1>");
  assert.equal(errorFrom(answer(500), "").message, "Request failed with status 500");
});
