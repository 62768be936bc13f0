import { test } from "node:test";
import { House, PATIENT, say } from "./house";

const house = new House();

test("a server that is started anew in the middle of a turn is said plainly, and the page goes on", PATIENT, async () => {
  const page = await house.looking(await house.session(), { failures: true });
  await say(page, "slow 100000");
  await page.getByText("word 1 word 2").waitFor();
  const { token, baseUrl } = house.daemon;
  house.daemon.process.ref();
  house.daemon.process.kill("SIGKILL");
  await page.getByRole("alert").first().waitFor();
  await house.start({ token, port: Number(new URL(baseUrl).port) });
  await page.getByText(/does not have this session any more/).waitFor();
  await page.getByText("word 1 word 2").waitFor();
  await page.getByText("No sessions yet.").waitFor();
  await page.keyboard.press("n");
  await page.getByRole("button", { name: "Create" }).click();
  await say(page, "still here");
  await page.getByRole("article", { name: "Agent" }).getByText("still here").waitFor();
  await page.close();
});
