import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import * as calls from "../src/calls.js";
import * as files from "../src/files.js";
import { ApiError, buildInspectorUrl, NotReady, SandboxAgent } from "../src/index.js";
import { checkout } from "./house.js";
import { type Call, urlOf } from "../src/wire.js";

const target = (call: Call<unknown>): string =>
  urlOf({ baseUrl: "", headers: new Headers(), fetch, timeoutMs: 1, retries: 0, reconnects: 0 }, call);

test("ids are one segment of the path whatever is in them", () => {
  assert.equal(target(calls.getSession("a/b?c#d ü")), "/v1/sessions/a%2Fb%3Fc%23d%20%C3%BC");
  assert.throws(() => calls.getSession(".."), TypeError);
});

test("a query has what was given and nothing else", () => {
  const query = { offset: 3, limit: null, includeRaw: true };
  assert.equal(target(calls.listEvents("s", query)), "/v1/sessions/s/events?offset=3&includeRaw=true");
});

test("a single string answers a single question, and a flat list is a mistake", () => {
  assert.equal(calls.replyQuestion("s", "q", "Blue").body, '{"answers":[["Blue"]]}');
  const flat = ["Red", "Blue"] as unknown as string[][];
  assert.throws(() => calls.replyQuestion("s", "q", flat), /one list of strings for each question/);
});

test("the address of a server may end with slashes and hold a path", async () => {
  const client = await SandboxAgent.connect({ baseUrl: "http://127.0.0.1:1/agents/" });
  assert.equal(client.baseUrl, "http://127.0.0.1:1/agents");
  await assert.rejects(SandboxAgent.connect({ baseUrl: "127.0.0.1:2468" }), /not the URL of a server/);
});

test("the Inspector's address carries the token and the headers", () => {
  assert.equal(buildInspectorUrl({ baseUrl: "http://h/" }), "http://h/ui/");
  assert.equal(
    buildInspectorUrl({ baseUrl: "http://h//", token: "a b", headers: { x: "1" } }),
    "http://h/ui/?token=a+b&headers=%7B%22x%22%3A%221%22%7D",
  );
});

test("every request has the token, the headers and what it accepts", async () => {
  const seen: Request[] = [];
  const client = await SandboxAgent.connect({
    baseUrl: "http://127.0.0.1:1",
    token: "secret",
    headers: { "x-team": "blue" },
    fetch: async (url, init) => {
      seen.push(new Request(url as string, init));
      return Response.json({ status: "ok" });
    },
  });
  await client.getHealth();
  await client.installAgent("mock");
  const of = (name: string): (string | null)[] => seen.map((request) => request.headers.get(name));
  assert.deepEqual(of("authorization"), ["Bearer secret", "Bearer secret"]);
  assert.deepEqual(of("x-team"), ["blue", "blue"]);
  assert.deepEqual(of("accept"), ["application/json", "application/json"]);
  assert.deepEqual(of("content-type"), [null, "application/json"]);
});

test("every endpoint has a call, and every call an endpoint", () => {
  const { paths } = JSON.parse(readFileSync(checkout("docs/reference/openapi.json"), "utf8")) as { paths: Record<string, object> };
  const others = ["GET /v1/docs", "GET /v1/sessions/{session_id}/get-messages"]; // for people; another name of events
  const endpoints = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).filter((name) => /^(get|put|post|delete)$/.test(name)).map((name) => `${name.toUpperCase()} ${path}`),
  );
  const agent = { agent: "mock" };
  const made = [
    calls.health(), calls.readiness([]), calls.openapi(), calls.metrics(), calls.listAgents(), calls.installAgent("{agent}", {}),
    calls.followInstall("{agent}", {}), calls.agentModes("{agent}"), calls.agentModels("{agent}"), calls.listSessions(),
    calls.createSession("{session_id}", agent), calls.getSession("{session_id}"), calls.deleteSession("{session_id}"),
    calls.postMessage("{session_id}", { message: "" }), calls.streamMessage("{session_id}", { message: "" }),
    calls.interrupt("{session_id}", {}), calls.terminateSession("{session_id}"), calls.diff("{session_id}"),
    calls.forkSession("{session_id}", { newSessionId: "f" }),
    calls.queue("{session_id}"), calls.clearQueue("{session_id}"), calls.withdrawMessage("{session_id}", "{message_id}"),
    calls.listEvents("{session_id}"), calls.followEvents("{session_id}"), calls.rejectQuestion("{session_id}", "{question_id}"),
    calls.replyQuestion("{session_id}", "{question_id}", ""), calls.replyPermission("{session_id}", "{permission_id}", { reply: "once" }),
    files.entries(), files.stat({}), files.read({}), files.write({}, ""), files.remove({}), files.mkdir({}),
    files.move({ from: "", to: "" }), files.upload(""),
  ].map((call) => decodeURIComponent(`${call.method} ${call.path}`));
  assert.deepEqual([...made, ...others].sort(), endpoints.sort());
});

test("a server that comes later is waited for, and its last word is thrown when it is too late", async () => {
  const lacking = { type: "urn:sandbox-agent:error:not_ready", title: "Not ready", status: 503 };
  const answers = [
    () => Promise.reject(new TypeError("refused")),
    () => Promise.resolve(new Response("no such sandbox", { status: 404 })),
    () => Promise.resolve(Response.json(lacking, { status: 503 })),
    () => Promise.resolve(Response.json({ ready: true })),
    () => Promise.resolve(Response.json(lacking, { status: 503 })),
    () => Promise.resolve(new Response("log in", { status: 401 })),
  ];
  const asked: string[] = [];
  const client = await SandboxAgent.connect({
    baseUrl: "http://127.0.0.1:1",
    fetch: (url) => (asked.push(String(url)), (answers.shift() ?? assert.fail("asked too often"))()),
  });
  assert.equal((await client.waitUntilReady({ agents: ["mock"] })).ready, true);
  assert.deepEqual(asked, Array(4).fill("http://127.0.0.1:1/v1/ready?agents=mock"));
  await assert.rejects(client.waitUntilReady({ timeoutMs: 0 }), NotReady);
  await assert.rejects(client.waitUntilReady(), (error) => error instanceof ApiError && error.status === 401);
});
