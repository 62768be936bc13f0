/** Checked by the compiler, never run. */
import { ApiError, type Event, type EventOf, type Item, SandboxAgent, type Session, SessionBusy } from "../src/index.js";
import type { Delivered, InstallProgress, McpServerConfig, PermissionRequested, Store } from "../src/index.js";
import type { TurnResult, UniversalEvent, UniversalItem } from "../src/index.js";
import { MemoryStore, read } from "../src/stores/index.js";

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

/** What is in an item, by the kind of its parts. */
export function parts(item: Item): string[] {
  return item.content.map((part) => {
    switch (part.type) {
      case "text":
      case "reasoning":
        return part.text;
      case "tool_call":
        return part.arguments;
      case "tool_result":
        return part.output;
      case "file_ref":
        return `${part.action} ${part.path}`;
      case "image":
        return part.mime ?? part.path;
      case "json":
        holds<Equal<typeof part.json, unknown>>();
        return "json";
      case "status":
        return part.label;
      default:
        holds<Equal<typeof part, never>>(); // a new kind of part is a decision here too
        return "";
    }
  });
}

/** Every type of event has its data. */
export function every(event: Event): unknown {
  if (event.type === "turn.ended") holds<Equal<typeof event.data, EventOf<"turn.ended">["data"]>>();
  if (event.type === "diff.updated") return event.data.files.map((file) => file.path);
  if (event.type === "todo.updated") return event.data.todos.map((todo) => todo.content);
  if (event.type === "usage.updated") return event.data.turn;
  if (event.type === "session.ended") return event.data.terminated_by;
  if (event.type === "error") return event.data.code;
  // @ts-expect-error there is no such type
  return event.type === "item.removed";
}

export async function requests(session: Session): Promise<void> {
  for await (const request of session.requests()) {
    if (request.type === "question") await session.replyQuestion(request.data.question_id, [["yes"]]);
    else holds<Equal<typeof request.data, PermissionRequested>>();
  }
}

export async function storing(store: Store): Promise<void> {
  const client = await SandboxAgent.connect({ baseUrl: "unix:/a/socket", store: new MemoryStore() });
  client.session("s").stream({ offset: "stored" });
  for await (const event of read(store, "s")) holds<Equal<typeof event, Event>>();
  for await (const piece of client.files.stream("f")) holds<Equal<typeof piece, Uint8Array>>();
  for await (const { state } of client.followInstall("codex")) holds<Equal<typeof state, InstallProgress["state"]>>();
  // @ts-expect-error not an offset
  client.session("s").stream({ offset: "start" });
  // @ts-expect-error a store has seven methods
  await SandboxAgent.connect({ baseUrl: "http://h", store: { append: () => undefined } });
  await using session = await client.createSession("s", { agent: "mock" });
  holds<Equal<(typeof session)["id"], string>>();
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
