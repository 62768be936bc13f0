/** Checked by the compiler, never run. */
import { ApiError, type Event, type EventOf, type Item, SandboxAgent, type Session, SessionBusy } from "../src/index.js";
import type { Delivered, McpServerConfig, TurnResult, UniversalEvent, UniversalItem } from "../src/index.js";

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <T extends true>(): T | undefined => undefined;

export function narrowing(event: Event): string {
  switch (event.type) {
    case "item.delta":
      return event.data.delta;
    case "item.completed":
      return event.data.item.content.map((part) => (part.type === "tool_call" ? part.arguments : part.type)).join();
    case "permission.requested":
      return event.data.action;
    case "question.requested":
      return event.data.questions.map((question) => question.question).join();
    case "turn.ended":
      // @ts-expect-error the end of a turn has no item
      return event.data.item;
    default:
      return event.type;
  }
}

export async function shapes(client: SandboxAgent): Promise<void> {
  const session = await client.createSession("s", { agent: "claude", permissionMode: "plan" });
  holds<Equal<(typeof session)["nativeSessionId"], string | null | undefined>>();
  const plain: Session = session;
  const delivered = await plain.send("hi");
  holds<Equal<typeof delivered, Delivered>>();
  const result = await plain.send("hi", { delivery: "steer", onPermission: () => "once" }).wait();
  holds<Equal<typeof result, TurnResult>>();
  for await (const event of plain.stream({ offset: 3 })) holds<Equal<typeof event, Event>>();
  const items = await plain.messages();
  holds<Equal<typeof items, Item[]>>();
  // @ts-expect-error there is no such delivery
  await plain.send("hi", { delivery: "later" });
  // @ts-expect-error an agent is needed
  await client.createSession("s", {});
  // @ts-expect-error not an answer to a permission
  await plain.answerPermission("p", "yes");
  await using mine = await SandboxAgent.start();
  holds<Equal<typeof mine, SandboxAgent>>();
}

export function codes(error: unknown): string {
  if (error instanceof SessionBusy) {
    holds<Equal<(typeof error)["code"], "session_busy">>();
    return error.code;
  }
  return error instanceof ApiError ? `${error.status} ${error.hint ?? error.message}` : String(error);
}

export const server: McpServerConfig = { type: "local", command: ["run"], args: [] };
holds<Equal<UniversalEvent, Event>>();
holds<Equal<UniversalItem, Item>>();
holds<Equal<EventOf<"item.delta">["data"]["delta"], string>>();
