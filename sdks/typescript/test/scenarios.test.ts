import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { SandboxAgent } from "../src/index.js";
import { house, PATIENT, scenarioFile } from "./house.js";
import { play, type Scenario } from "./scenarios.js";

const here = house();
const scenarios = JSON.parse(readFileSync(scenarioFile(), "utf8")) as Scenario[];

for (const scenario of scenarios) {
  test(`with a daemon of one's own: ${scenario.name}`, PATIENT, async () => {
    assert.deepEqual(await play(here.client, scenario, scenario.name, here.folder), []);
  });

  test(`with a server elsewhere: ${scenario.name}`, PATIENT, async () => {
    const { baseUrl, token } = here.client;
    const remote = await SandboxAgent.connect({ baseUrl, token: token as string });
    assert.deepEqual(await play(remote, scenario, `remote ${scenario.name}`, here.folder), []);
  });
}

test("a scenario that comes out otherwise is noticed", PATIENT, async () => {
  const steps = [{ send: "hello", reason: "interrupted" }, { refused: { send: "hello" }, code: "session_busy" }];
  assert.equal((await play(here.client, { name: "", steps }, "otherwise", here.folder)).length, 2);
});
