/** A tool call, with what came of it and what a subagent did below it. */
import { useState } from "react";
import type { ContentPart, Item, ToolCallPart } from "sandbox-agent";
import { FileRef, Picture } from "./files";
import { Fold } from "./fold";
import { ItemView, type ItemProps } from "./item";
import { itemOf } from "../lib/transcript";
import { Ansi } from "../ui/ansi";
import { Code } from "../ui/code";
import { JsonTree } from "../ui/json";

const SUBJECTS = ["command", "cmd", "file_path", "path", "pattern", "query", "url", "description", "prompt"];
const SHORT = 8;

export function Tool(props: ItemProps & { item: Item }) {
  const { row, item } = props;
  const call = item.content.find((part) => part.type === "tool_call");
  const result = row.result ? itemOf(row.result) : item.kind === "tool_result" ? item : undefined;
  const status = result?.status ?? item.status;
  // A call that was made is not one that was carried out: it may wait for a permission.
  const running = status === "in_progress" || (!result && item.status === "completed" && !row.settled);
  const goesOn = running && (result !== undefined || row.children.length > 0);
  const worth = status === "failed" || goesOn || isShort(result) || result?.content.some((part) => part.type === "file_ref" && part.diff);
  return (
    <section className={`box tool ${status}`} aria-label={`Tool ${call?.name ?? "result"}`}>
      <Fold
        id={`${props.sessionId}-${row.id}`}
        open={Boolean(worth)}
        title={
          <span className="tool-head">
            <b>{call?.name ?? "Result"}</b> <span className="ellipsis subject">{call && subjectOf(call)}</span>
            <Mark status={running ? "in_progress" : status} />
          </span>
        }
      >
        {call && <Arguments part={call} shown={result?.content.some((part) => part.type === "file_ref" && part.diff) ?? false} />}
        {row.children.length > 0 && (
          <div className="children" role="group" aria-label="Subagent">
            {row.children.map((child) => (
              <ItemView key={child.id} {...props} row={child} version={child.version} />
            ))}
          </div>
        )}
        {result?.content.map((part, index) => (
          <ResultPart key={index} part={part} {...props} />
        ))}
      </Fold>
    </section>
  );
}

const MARKS = { completed: ["✓", "Done"], failed: ["✕", "Failed"], in_progress: ["…", "Running"] } as const;

function Mark({ status }: { status: Item["status"] }) {
  const [mark, words] = MARKS[status];
  return (
    <span className={`mark ${status}`} role="img" aria-label={words}>
      {mark}
    </span>
  );
}

/** What a call is about: its most telling argument. */
function subjectOf(call: ToolCallPart): string {
  const values = argumentsOf(call);
  if (typeof values !== "object" || values === null) return call.arguments.slice(0, 200);
  for (const name of SUBJECTS) {
    const value = (values as Record<string, unknown>)[name];
    if (typeof value === "string") return value.split("\n", 1)[0]?.slice(0, 200) ?? "";
  }
  return "";
}

function argumentsOf(call: ToolCallPart): unknown {
  try {
    return JSON.parse(call.arguments);
  } catch {
    return undefined;
  }
}

/** `shown`: whether the result says the same in a better way. */
function Arguments({ part, shown }: { part: ToolCallPart; shown: boolean }) {
  const values = argumentsOf(part);
  if (typeof values !== "object" || values === null) return part.arguments ? <Code code={part.arguments} /> : null;
  const { command, description, ...others } = values as Record<string, unknown>;
  const subject = subjectOf(part);
  const rest = Object.fromEntries(Object.entries(others).filter(([, value]) => value !== subject));
  const count = Object.keys(rest).length;
  return (
    <>
      {typeof description === "string" && description !== subject && <p className="hint">{description}</p>}
      {typeof command === "string" && command !== subject && <Code code={command} language="bash" />}
      {count > 0 && <JsonTree name="arguments" value={rest} open={count < 4 && !shown ? 1 : 0} />}
    </>
  );
}

function ResultPart({ part, ...props }: ItemProps & { part: ContentPart }) {
  switch (part.type) {
    case "tool_result":
      return part.output ? <Output text={part.output} /> : null;
    case "text":
      return part.text ? <Output text={part.text} /> : null;
    case "file_ref":
      return <FileRef part={part} />;
    case "image":
      return <Picture path={part.path} server={props.server} sessionId={props.sessionId} />;
    case "json":
      return <JsonTree value={part.json} />;
    default:
      return <JsonTree value={part} />;
  }
}

const LINES = 40;
const LONGEST = 20_000;

function Output({ text }: { text: string }) {
  const [all, setAll] = useState(false);
  const lines = text.split("\n");
  const long = lines.length > LINES || text.length > LONGEST;
  // The end is what matters: errors are there.
  const shown = all || !long ? text : lines.slice(-LINES).join("\n").slice(-LONGEST);
  return (
    <div className="output-frame">
      {long && (
        <button type="button" className="quiet" onClick={() => setAll(!all)}>
          {all ? "Show less" : `Show all ${lines.length.toLocaleString("en")} lines`}
        </button>
      )}
      <pre className="output" tabIndex={0}>
        <Ansi text={shown} />
      </pre>
    </div>
  );
}

function isShort(result: Item | undefined): boolean {
  const output = result?.content.find((part) => part.type === "tool_result");
  return output?.type === "tool_result" && output.output.split("\n", SHORT + 1).length <= SHORT;
}
