/** An item: a message, a tool call with its result, a status, or something new. */
import type { ContentPart, Item } from "sandbox-agent";
import { Fold } from "./fold";
import { FileRef, Picture } from "./files";
import { Tool } from "./tool";
import type { Connected } from "../lib/connection";
import { itemOf, type ItemRow } from "../lib/transcript";
import { JsonTree } from "../ui/json";
import { Markdown } from "../ui/markdown";

export interface ItemProps {
  row: ItemRow;
  version: number;
  server: Connected;
  sessionId: string;
}

export function ItemView(props: ItemProps) {
  const { row, sessionId } = props;
  const item = itemOf(row);
  if (item.kind === "tool_call" || item.kind === "tool_result") return <Tool {...props} item={item} />;
  if (item.kind === "status") return <Status item={item} />;
  const who = item.role ?? "system";
  return (
    <article className={`message ${who}`} aria-label={WHO[who]}>
      {item.content.map((part, index) => (
        <Part key={index} part={part} id={`${sessionId}-${item.item_id}-${index}`} item={item} {...props} />
      ))}
      {!item.content.length && item.status === "in_progress" && <span className="cursor" />}
      {item.status === "failed" && <p className="note bad">Not finished</p>}
    </article>
  );
}

const WHO = { user: "You", assistant: "Agent", system: "System", tool: "Tool" } as const;

function Status({ item }: { item: Item }) {
  const part = item.content.find((each) => each.type === "status");
  const words = part?.type === "status" ? [part.label, part.detail].filter(Boolean).join(": ") : "Status";
  return (
    <p className="note plain">
      <span aria-hidden="true">{item.status === "in_progress" ? "… " : "✓ "}</span>
      {words}
    </p>
  );
}

interface PartProps extends ItemProps {
  part: ContentPart;
  id: string;
  item: Item;
}

/** One part of a message. */
export function Part({ part, id, item, server, sessionId }: PartProps) {
  switch (part.type) {
    case "text":
      return item.role === "user" ? <p className="said">{part.text}</p> : <Markdown text={part.text} />;
    case "reasoning":
      return <Reasoning text={part.text} hidden={part.visibility === "private"} id={id} />;
    case "image":
      return <Picture path={part.path} server={server} sessionId={sessionId} />;
    case "file_ref":
      return <FileRef part={part} />;
    case "json":
      return (
        <Fold id={id} title="Data">
          <JsonTree value={part.json} />
        </Fold>
      );
    case "status":
      return <p className="note plain">{[part.label, part.detail].filter(Boolean).join(": ")}</p>;
    default:
      return (
        <Fold id={id} title={part.type}>
          <JsonTree value={part} />
        </Fold>
      );
  }
}

function Reasoning({ text, hidden, id }: { text: string; hidden: boolean; id: string }) {
  const first = text.trim().split("\n", 1)[0] ?? "";
  return (
    <Fold
      id={id}
      className="reasoning"
      title={
        <span className="ellipsis">
          Thought{hidden && " (private)"} <span className="hint">{first.slice(0, 120)}</span>
        </span>
      }
    >
      <Markdown text={text} />
    </Fold>
  );
}
