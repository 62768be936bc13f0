/** How each kind of row looks. */
import { memo, useContext, useEffect, useState } from "react";
import { ActionsContext, pathIn } from "./actions";
import { usageWords } from "./header";
import { ItemView } from "./item";
import { Fold } from "./fold";
import type { Connected } from "../lib/connection";
import type { ChangesRow, NoteRow, Row, TodoRow, TurnRow } from "../lib/transcript";
import { Ansi } from "../ui/ansi";
import { Diff } from "../ui/diff";
import { lasting } from "../ui/time";

interface Props {
  row: Row;
  /** Rows change in place; this tells when. */
  version: number;
  server: Connected;
  sessionId: string;
}

export const RowView = memo(function RowView({ row, version, server, sessionId }: Props) {
  switch (row.kind) {
    case "item":
      return <ItemView row={row} version={version} server={server} sessionId={sessionId} />;
    case "turn":
      return <Turn row={row} />;
    case "todo":
      return <Todos row={row} />;
    case "changes":
      return <Changes row={row} server={server} sessionId={sessionId} />;
    case "note":
      return <Note row={row} />;
  }
});

const REASONS = {
  completed: "Done",
  interrupted: "Interrupted",
  error: "Failed",
  terminated: "Ended with the session",
  agent_exited: "The agent's process ended",
} as const;

function Turn({ row: { id, ended, milliseconds, usage } }: { row: TurnRow }) {
  const bad = ended.reason === "error" || ended.reason === "agent_exited";
  const status = typeof ended.exit_code === "number" ? [`exit status ${ended.exit_code}`] : [];
  const words = [REASONS[ended.reason ?? "completed"], ...status, lasting(milliseconds), ...(usage ? [usageWords(usage)] : [])];
  const stderr = ended.stderr?.tail ?? ended.stderr?.head;
  return (
    <div className={bad ? "turn-end bad" : "turn-end"}>
      <p>{words.join(" · ")}</p>
      {stderr && (
        <Fold id={`${id}-stderr`} title="What it said last" open>
          <pre className="output" tabIndex={0}>
            <Ansi text={stderr} />
          </pre>
        </Fold>
      )}
    </div>
  );
}

function Note({ row: { tone, text, detail } }: { row: NoteRow }) {
  return (
    <p className={`note ${tone}`} role={tone === "bad" ? "alert" : undefined}>
      {text}
      {detail && <span className="hint"> {detail}</span>}
    </p>
  );
}

const MARKS = { completed: "✓", in_progress: "▸", pending: "○" } as const;
const MEANING = { completed: "done", in_progress: "in progress", pending: "to do" } as const;

function Todos({ row: { todos } }: { row: TodoRow }) {
  const done = todos.filter((todo) => todo.status === "completed").length;
  return (
    <section className="box todos" aria-label="To-do list">
      <h2>
        To do <span className="hint">{`${done} of ${todos.length}`}</span>
      </h2>
      <ul>
        {todos.map((todo) => (
          <li key={todo.id} className={todo.status}>
            <span role="img" aria-label={MEANING[todo.status]}>
              {MARKS[todo.status]}
            </span>{" "}
            <span>{todo.content}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Changes({ row, server, sessionId }: { row: ChangesRow; server: Connected; sessionId: string }) {
  const { directory } = useContext(ActionsContext);
  const title = `${row.files.length} ${row.files.length === 1 ? "file" : "files"} changed in this session`;
  return (
    <section className="box" aria-label={title}>
      <Fold id={row.id} title={title}>
        <ul className="files">
          {row.files.map((file) => (
            <li key={file.path}>
              <code title={file.path}>{pathIn(directory, file.path)}</code> <span className="plus">+{file.additions}</span> <span className="minus">−{file.deletions}</span>
            </li>
          ))}
        </ul>
        <SessionDiff key={row.id} server={server} sessionId={sessionId} />
      </Fold>
    </section>
  );
}

function SessionDiff({ server, sessionId }: { server: Connected; sessionId: string }) {
  const [diff, setDiff] = useState<string>();
  useEffect(() => {
    void server.client.session(sessionId).diff().then((answer) => setDiff(answer.diff), () => setDiff(""));
  }, [server, sessionId]);
  return diff ? <Diff diff={diff} /> : null;
}
