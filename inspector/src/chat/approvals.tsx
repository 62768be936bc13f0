/** What waits for an answer. It comes out of the log, so it is there after a reload and in every tab. */
import { useEffect, useState } from "react";
import type { PermissionReply, PermissionRequested, QuestionRequested, Session } from "sandbox-agent";
import { QuestionCard } from "./question";
import { isBusy } from "../lib/shortcuts";
import { ruleOf, subjectOf } from "../lib/transcript";
import { JsonTree } from "../ui/json";
import { attempt } from "../ui/toasts";

interface Props {
  session: Session;
  permissions: readonly PermissionRequested[];
  questions: readonly QuestionRequested[];
}

const KEYS: Record<string, PermissionReply> = { y: "once", a: "always", x: "reject" };

export function Approvals({ session, permissions, questions }: Props) {
  const first = permissions[0]?.permission_id;
  const answer = (id: string, reply: PermissionReply, message?: string): void =>
    void attempt(session.answerPermission(id, reply, message ? { message } : {}));

  useEffect(() => {
    if (!first) return;
    const pressed = (event: KeyboardEvent): void => {
      const reply = KEYS[event.key];
      if (!reply || event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      event.preventDefault();
      answer(first, reply);
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  }, [first]);

  if (!permissions.length && !questions.length) return null;
  return (
    <section className="approvals" aria-label="Waiting for you" aria-live="polite">
      {permissions.map((request) => (
        <PermissionCard key={request.permission_id} request={request} first={request.permission_id === first} onAnswer={answer} />
      ))}
      {questions.map((request) => (
        <QuestionCard key={request.question_id} request={request} session={session} first={!first && request === questions[0]} />
      ))}
    </section>
  );
}

const ACTIONS: Record<string, string> = {
  command_execution: "this command",
  commandExecution: "this command",
  file_change: "a change of this file",
  fileChange: "a change of this file",
};

interface CardProps {
  request: PermissionRequested;
  /** Whether the keys are for this one. */
  first: boolean;
  onAnswer: (id: string, reply: PermissionReply, message?: string) => void;
}

function PermissionCard({ request, first, onAnswer }: CardProps) {
  const [why, setWhy] = useState("");
  const [details, setDetails] = useState(false);
  const id = request.permission_id;
  return (
    <article className="card request" aria-label={`Permission: ${request.action}`}>
      <h2>
        Allow {ACTIONS[request.action] ?? request.action}?
      </h2>
      <pre className="output" tabIndex={0}>
        {subjectOf(request)}
      </pre>
      <p className="hint">
        “Always” will allow <code>{ruleOf(request)}</code> for this session.
      </p>
      <div className="buttons">
        <button type="button" className="main" onClick={() => onAnswer(id, "once")}>
          Allow once {first && <Key name="y" />}
        </button>
        <button type="button" onClick={() => onAnswer(id, "always")}>
          Always {first && <Key name="a" />}
        </button>
        <button type="button" className="bad" onClick={() => onAnswer(id, "reject", why)}>
          Reject {first && <Key name="x" />}
        </button>
        <input value={why} onChange={(event) => setWhy(event.target.value)} placeholder="Why not (optional)" aria-label="Why not" />
        <button type="button" className="quiet" aria-expanded={details} onClick={() => setDetails(!details)}>
          Details
        </button>
      </div>
      {details && <JsonTree value={request.metadata} />}
    </article>
  );
}

function Key({ name }: { name: string }) {
  return <kbd aria-hidden="true">{name}</kbd>;
}
