/** What the agent asks of the person. A card goes away when it is answered, here or anywhere else. */
import { useState } from "react";
import Markdown from "react-markdown";
import type { PermissionReply, PermissionRequested, Question, QuestionRequested, Request, Session } from "sandbox-agent";

interface Props {
  request: Request;
  session: Session;
  attempt: (doing: Promise<unknown>) => void;
}

export function RequestCard({ request, session, attempt }: Props) {
  if (request.type === "permission") {
    const { data } = request;
    return <Permission asked={data} answer={(reply) => attempt(session.answerPermission(data.permission_id, reply))} />;
  }
  const { data } = request;
  return (
    <Questions
      asked={data}
      answer={(answers) => attempt(session.replyQuestion(data.question_id, answers))}
      refuse={() => attempt(session.rejectQuestion(data.question_id))}
    />
  );
}

function Permission({ asked, answer }: { asked: PermissionRequested; answer: (reply: PermissionReply) => void }) {
  return (
    <article className="card" aria-label={`Permission: ${asked.action}`}>
      <h2>May it use {asked.action}?</h2>
      <pre tabIndex={0}>{JSON.stringify(asked.metadata, null, 2)}</pre>
      <div className="buttons">
        <button type="button" className="primary" onClick={() => answer("once")}>
          Allow once
        </button>
        <button type="button" onClick={() => answer("always")}>
          Always allow this
        </button>
        <button type="button" className="stop" onClick={() => answer("reject")}>
          Reject
        </button>
      </div>
    </article>
  );
}

interface QuestionsProps {
  asked: QuestionRequested;
  answer: (answers: string[][]) => void;
  refuse: () => void;
}

/** All questions of a request; each needs an answer. */
function Questions({ asked, answer, refuse }: QuestionsProps) {
  const [answers, setAnswers] = useState<string[][]>(() => asked.questions.map(() => []));
  const change = (index: number, chosen: string[]): void => setAnswers(answers.with(index, chosen));
  return (
    <form
      className="card"
      aria-label={`Question: ${asked.prompt}`}
      onSubmit={(event) => {
        event.preventDefault();
        answer(answers);
      }}
    >
      {asked.plan && (
        <div className="prose plan">
          <Markdown>{asked.plan}</Markdown>
        </div>
      )}
      {asked.questions.map((question, index) => (
        <Choices
          key={index}
          name={`${asked.question_id}-${index}`}
          question={question}
          chosen={answers[index] ?? []}
          choose={(chosen) => change(index, chosen)}
        />
      ))}
      <div className="buttons">
        <button type="submit" className="primary" disabled={answers.some((chosen) => chosen.length === 0)}>
          Answer
        </button>
        <button type="button" className="stop" onClick={refuse}>
          Refuse
        </button>
      </div>
    </form>
  );
}

interface ChoicesProps {
  name: string;
  question: Question;
  chosen: string[];
  choose: (chosen: string[]) => void;
}

/** One of the options, several where that is allowed, or own words instead. */
function Choices({ name, question, chosen, choose }: ChoicesProps) {
  const labels = question.options.map((option) => option.label);
  const own = chosen.find((answer) => !labels.includes(answer)) ?? "";
  const toggle = (label: string): void => {
    if (!question.multi_select) return choose([label]);
    choose(chosen.includes(label) ? chosen.filter((each) => each !== label) : [...chosen.filter((each) => each !== own), label]);
  };
  return (
    <fieldset>
      <legend>{question.question}</legend>
      {question.options.map(({ label, description }) => (
        <label key={label}>
          <input
            type={question.multi_select ? "checkbox" : "radio"}
            name={name}
            checked={chosen.includes(label)}
            onChange={() => toggle(label)}
          />
          <span>
            {label}
            {description && <small>{description}</small>}
          </span>
        </label>
      ))}
      <input
        type="text"
        aria-label={`Your own answer to: ${question.question}`}
        placeholder="Or in your own words"
        value={own}
        onChange={({ target: { value } }) => choose(value ? [value] : [])}
      />
    </fieldset>
  );
}
