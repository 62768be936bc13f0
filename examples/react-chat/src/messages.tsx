/** What was said and done, in order. */
import { memo, useLayoutEffect, useRef } from "react";
import Markdown from "react-markdown";
import remarkGfm from "remark-gfm";
import type { ContentPart, Item, ToolCallPart } from "sandbox-agent";

const NEAR = 80;

interface Props {
  items: Item[];
  running: boolean;
  /** For the person; then the agent does nothing. */
  waiting: boolean;
}

/** All of it. Stays at the end while the reader is there. */
export function Messages({ items, running, waiting }: Props) {
  const list = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  useLayoutEffect(() => {
    if (isAtEnd.current) list.current?.scrollTo({ top: list.current.scrollHeight });
  });
  return (
    <div
      ref={list}
      className="messages"
      role="log"
      aria-label="Conversation"
      tabIndex={0}
      onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < NEAR;
      }}
    >
      {items.length === 0 && <p className="empty">Say something. The mock agent knows the word “help”.</p>}
      {rowsOf(items).map(({ item, result }) => (
        <Row key={item.item_id} item={item} result={result} />
      ))}
      {running && !waiting && <p className="working">Working</p>}
    </div>
  );
}

interface RowProps {
  item: Item;
  /** What the tool answered, where the item is its call. */
  result?: Item | undefined;
}

/** A tool call and its result are two items; they are shown as one row. */
function rowsOf(items: Item[]): RowProps[] {
  const results = new Map(items.flatMap((item) => item.content.map((part) => [resultOf(part), item] as const)));
  const calls = new Set(items.flatMap((item) => item.content.map(callOf)));
  return items
    .filter((item) => !item.content.some((part) => calls.has(resultOf(part) ?? "no result")))
    .map((item) => ({ item, result: results.get(item.content.map(callOf).find(Boolean) ?? "no call") }));
}

const callOf = (part: ContentPart): string | undefined => (part.type === "tool_call" ? part.call_id : undefined);
const resultOf = (part: ContentPart): string | undefined => (part.type === "tool_result" ? part.call_id : undefined);

const Row = memo(function Row({ item, result }: RowProps) {
  const call = item.content.find((part) => part.type === "tool_call");
  if (call) return <Tool call={call} result={result} isNested={Boolean(item.parent_id)} />;
  const className = ["row", item.role ?? "", item.kind, item.status, item.parent_id ? "nested" : ""].join(" ");
  return (
    <article className={className} aria-label={item.role === "user" ? "You" : "Agent"}>
      {item.content.map((part, index) => (
        <Part key={index} part={part} />
      ))}
    </article>
  );
});

/** One line while folded. */
function Tool({ call, result, isNested }: { call: ToolCallPart; result?: Item | undefined; isNested: boolean }) {
  const status = result?.status ?? "in_progress";
  return (
    <details className={`tool ${status} ${isNested ? "nested" : ""}`}>
      <summary>
        <b>{call.name}</b> <code>{call.arguments}</code>
        <span className="status">{status === "in_progress" ? "running" : status === "failed" ? "failed" : "done"}</span>
      </summary>
      {result?.content.map((part, index) => <Part key={index} part={part} />)}
    </details>
  );
}

function Part({ part }: { part: ContentPart }) {
  switch (part.type) {
    case "text":
      return (
        <div className="prose">
          <Markdown remarkPlugins={[remarkGfm]}>{part.text}</Markdown>
        </div>
      );
    case "reasoning":
      return (
        <details className="thought">
          <summary>Thought</summary>
          <p>{part.text}</p>
        </details>
      );
    case "tool_result":
      return <pre tabIndex={0}>{part.output}</pre>;
    case "file_ref":
      return (
        <figure>
          <figcaption>
            {part.action} {part.path}
          </figcaption>
          {part.diff && <pre tabIndex={0}>{part.diff}</pre>}
        </figure>
      );
    case "status":
      return (
        <p className="progress">
          {part.label}
          {part.detail && `: ${part.detail}`}
        </p>
      );
    case "image":
      return part.path.startsWith("data:image/") ? <img src={part.path} alt="" /> : <p className="progress">{part.path}</p>;
    case "json":
      return <pre tabIndex={0}>{JSON.stringify(part.json, null, 2)}</pre>;
    default:
      return null;
  }
}
