import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "playwright-core";
import { House, PATIENT, say } from "./house";

const house = new House();

const cards = (page: Page) => page.getByRole("region", { name: "Waiting for you" });

test("a permission says what it is about and what always would allow, and is answered by a click", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "permission");
  const command = page.getByRole("article", { name: "Permission: command_execution" });
  await command.getByText("echo mock", { exact: true }).waitFor();
  await command.getByText("command_execution(echo mock)").waitFor();
  await command.getByRole("button", { name: "Details" }).click();
  await command.getByText("codexRequestKind").waitFor();
  await command.getByRole("button", { name: "Always" }).click();
  await page.getByText("Always allowed").waitFor();
  const change = page.getByRole("article", { name: "Permission: file_change" });
  await change.getByLabel("Why not").fill("not here");
  await change.getByRole("button", { name: "Reject" }).click();
  await page.getByText(/rejected\. \(not here\)/).waitFor();
  await cards(page).waitFor({ state: "detached" });
  await page.close();
});

test("what always allows is what the daemon remembers", PATIENT, async () => {
  const session = await house.session();
  const page = await house.looking(session);
  await say(page, "permission");
  await cards(page).getByRole("article").first().waitFor();
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("a");
  await page.getByText("Always allowed").waitFor();
  await page.keyboard.press("x");
  await page.getByText(/^Done · /).waitFor();
  await say(page, "permission");
  await cards(page).getByRole("article", { name: "Permission: file_change" }).waitFor();
  assert.equal(await cards(page).getByRole("article").count(), 1);
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("y");
  await cards(page).waitFor({ state: "detached" });
  await page.close();
});

test("questions take one answer, several, or own words, by mouse and by number", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "multi");
  await page.getByRole("group", { name: /Choose a color/ }).waitFor();
  assert.equal(await page.getByRole("button", { name: "Answer" }).isDisabled(), true);
  await page.getByRole("heading", { level: 1 }).click();
  await page.keyboard.press("2");
  await page.getByRole("radio", { name: /Blue/ }).and(page.locator(":checked")).waitFor();
  await page.keyboard.press("1");
  await page.getByRole("checkbox", { name: /Plum/ }).check();
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText(/answered Blue; Apple, Plum/).waitFor();
  await say(page, "question");
  await page.getByLabel("Your own answer to: Choose a color").fill("Green");
  await page.getByRole("button", { name: "Answer" }).first().click();
  await page.getByText(/answered Green/).waitFor();
  await page.getByRole("button", { name: "Refuse" }).click();
  await page.getByText(/Question .*: rejected/).waitFor();
  await page.close();
});

test("a plan is shown as it would be read, and approved", PATIENT, async () => {
  const page = await house.looking(await house.session());
  await say(page, "plan");
  await page.getByText("Change one line.").waitFor();
  await page.getByRole("radio", { name: /approve/ }).check();
  await page.getByRole("button", { name: "Answer" }).click();
  await page.getByText(/answered approve/).waitFor();
  await page.close();
});

test("when two tabs answer one permission at the same time, one answer counts and both show it", PATIENT, async () => {
  const session = await house.session();
  const tabs = [await house.looking(session, { failures: true }), await house.looking(session, { failures: true })];
  await session.send("permission");
  for (const tab of tabs) await cards(tab).getByRole("article").nth(1).waitFor();
  const answers: (() => void)[] = [];
  for (const [tab, name] of [[tabs[0], "Allow once"], [tabs[1], "Reject"]] as const) {
    // Held until both are on their way: neither tab can know of the other's.
    await tab?.route(/\/reply$/, async (route) => {
      await new Promise<void>((go) => answers.push(go));
      await route.continue();
    });
    await tab?.getByRole("article", { name: "Permission: command_execution" }).getByRole("button", { name }).click();
  }
  while (answers.length < 2) await tabs[0]?.evaluate(() => new Promise(requestAnimationFrame));
  for (const go of answers) go();
  for (const tab of tabs) await cards(tab).getByRole("article", { name: "Permission: command_execution" }).waitFor({ state: "detached" });
  const { events } = await session.events();
  const resolved = events.filter((event) => event.type === "permission.resolved");
  assert.equal(resolved.length, 1);
  const said = resolved[0]?.data.status === "accept" ? "Allowed once" : "Rejected";
  for (const tab of tabs) {
    await tab.getByText(said).first().waitFor();
    await tab.close();
  }
});

test("requests outlive a reload, show in two tabs, and one answer is enough", PATIENT, async () => {
  const session = await house.session();
  const [one, two] = [await house.looking(session), await house.looking(session, { failures: true })];
  await say(one, "permission");
  await cards(two).getByRole("article").nth(1).waitFor();
  await one.reload();
  await cards(one).getByRole("article").nth(1).waitFor();
  await one.getByRole("button", { name: "Allow once" }).first().click();
  await cards(two).getByRole("article", { name: "Permission: command_execution" }).waitFor({ state: "detached" });
  await two.getByRole("button", { name: "Reject" }).click();
  await cards(one).waitFor({ state: "detached" });
  await one.close();
  await two.close();
});
