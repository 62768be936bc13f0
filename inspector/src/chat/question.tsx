/** Questions of an agent: one or several, one answer or many, or one's own words. */
import { type FormEvent, useEffect, useState } from "react";
import type { Question, QuestionRequested, Session } from "sandbox-agent";
import { isBusy } from "../lib/shortcuts";
import { Markdown } from "../ui/markdown";
import { attempt } from "../ui/toasts";

interface Props {
  request: QuestionRequested;
  session: Session;
  /** Whether the number keys are for this one. */
  first: boolean;
}

interface Draft {
  chosen: readonly string[];
  own: string;
}

const NOTHING: Draft = { chosen: [], own: "" };

export function QuestionCard({ request, session, first }: Props) {
  const questions = questionsOf(request);
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => questions.map(() => NOTHING));
  const open = questions.findIndex((_, index) => !isAnswered(drafts[index] ?? NOTHING));
  const set = (index: number, draft: Draft): void => setDrafts(drafts.map((each, at) => (at === index ? draft : each)));

  useEffect(() => {
    if (!first) return;
    const pressed = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isBusy(event.target)) return;
      const index = open < 0 ? questions.length - 1 : open;
      const label = questions[index]?.options[Number(event.key) - 1]?.label;
      if (label === undefined) return;
      event.preventDefault();
      set(index, toggled(drafts[index] ?? NOTHING, label, questions[index]?.multi_select ?? false));
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });

  const submit = (event: FormEvent): void => {
    event.preventDefault();
    const answers = drafts.map(({ chosen, own }) => (own.trim() ? [...chosen, own.trim()] : chosen));
    void attempt(session.replyQuestion(request.question_id, answers));
  };
  return (
    <form className="card request" aria-label="Question" onSubmit={submit}>
      {request.plan && (
        <div className="plan" role="group" aria-label="Plan">
          <Markdown text={request.plan} />
        </div>
      )}
      {questions.map((question, index) => (
        <Fields key={index} name={`${request.question_id}-${index}`} question={question} draft={drafts[index] ?? NOTHING} onChange={(draft) => set(index, draft)} />
      ))}
      <div className="buttons">
        <button type="submit" className="main" disabled={open >= 0}>
          Answer
        </button>
        <button type="button" className="bad" onClick={() => void attempt(session.rejectQuestion(request.question_id))}>
          Refuse
        </button>
      </div>
    </form>
  );
}

interface FieldsProps {
  name: string;
  question: Question;
  draft: Draft;
  onChange: (draft: Draft) => void;
}

function Fields({ name, question, draft, onChange }: FieldsProps) {
  return (
    <fieldset>
      <legend>
        {question.header && <span className="tag">{question.header}</span>} {question.question}
      </legend>
      {question.options.map((option, index) => (
        <label key={option.label} className="choice">
          <input
            type={question.multi_select ? "checkbox" : "radio"}
            name={name}
            checked={draft.chosen.includes(option.label)}
            onChange={() => onChange(toggled(draft, option.label, question.multi_select))}
          />
          <span>{option.label}</span>
          {option.description && <small>{option.description}</small>}
          <kbd aria-hidden="true">{index + 1}</kbd>
        </label>
      ))}
      <input
        value={draft.own}
        onChange={(event) => onChange({ ...draft, own: event.target.value, chosen: question.multi_select ? draft.chosen : [] })}
        placeholder="Or in your own words"
        aria-label={`Your own answer to: ${question.question}`}
      />
    </fieldset>
  );
}

function toggled(draft: Draft, label: string, several: boolean): Draft {
  if (!several) return { chosen: [label], own: "" };
  const chosen = draft.chosen.includes(label) ? draft.chosen.filter((each) => each !== label) : [...draft.chosen, label];
  return { ...draft, chosen };
}

function isAnswered({ chosen, own }: Draft): boolean {
  return chosen.length > 0 || own.trim() !== "";
}

/** Old servers say only the first question. */
function questionsOf(request: QuestionRequested): readonly Question[] {
  if (request.questions.length) return request.questions;
  const options = request.options.map((label) => ({ label, description: null }));
  return [{ question: request.prompt, header: null, options, multi_select: false }];
}
