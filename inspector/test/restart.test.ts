import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { test } from "node:test";
import { House, PATIENT, say } from "./house";

const house = new House();

test("a connection that is lost is said, and forgotten when it is back, also when nothing happens", PATIENT, async () => {
  const session = await house.session();
  const target = new URL(house.daemon.baseUrl);
  const sockets = new Set<Socket>();
  let down = false;
  const proxy = createServer((socket) => {
    if (down) return void socket.destroy();
    const up = connect(Number(target.port), target.hostname);
    for (const [from, to] of [[socket, up], [up, socket]] as const) {
      sockets.add(from);
      from.pipe(to);
      from.on("error", () => to.destroy());
      from.on("close", () => to.destroy());
    }
  }).listen(0, "127.0.0.1");
  await once(proxy, "listening");
  const baseUrl = `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`;
  const page = await house.browser.newPage();
  await page.goto(`${baseUrl}/ui/sessions/${session.id}?token=${house.daemon.token}`);
  await say(page, "before");
  await page.getByText(/^Done · /).waitFor();
  down = true;
  for (const socket of sockets) socket.destroy();
  const banner = page.getByText("The connection is lost.");
  await banner.waitFor();
  down = false;
  await banner.waitFor({ state: "detached" });
  await say(page, "after");
  await page.getByRole("article", { name: "Agent" }).getByText("after").waitFor();
  await page.close();
  for (const socket of sockets) socket.destroy();
  proxy.close();
});

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
