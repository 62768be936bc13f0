/** Hooks of a new session: a JSON document in the form of Claude Code's settings. */
import type { CreateSessionRequest } from "sandbox-agent";

export type Hooks = NonNullable<CreateSessionRequest["hooks"]>;

const SAMPLE = '{\n  "PreToolUse": [\n    { "matcher": "Bash", "hooks": [{ "type": "command", "command": "./check.sh" }] }\n  ]\n}';

interface Props {
  text: string;
  onChange: (text: string) => void;
}

export function HookField({ text, onChange }: Props) {
  const problem = text.trim() ? hooksProblem(text) : undefined;
  return (
    <>
      <label>
        Hooks (JSON)
        <textarea rows={text ? 6 : 2} value={text} onChange={(event) => onChange(event.target.value)} placeholder="Programs to run at events of the agent" spellCheck={false} aria-invalid={problem !== undefined} />
      </label>
      {problem && <p className="problem">{problem}</p>}
      {!text && (
        <button type="button" className="quiet" onClick={() => onChange(SAMPLE)}>
          Begin with an example
        </button>
      )}
    </>
  );
}

/** What is wrong with the document, in words; undefined when it will do. */
export function hooksProblem(text: string): string | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return `Not JSON: ${(error as Error).message}`;
  }
  if (!isObject(value)) return "It must be a JSON object, by event.";
  for (const [event, matchers] of Object.entries(value)) {
    const good = Array.isArray(matchers) && matchers.every((each) => isObject(each) && Array.isArray(each.hooks));
    if (!good) return `${event} must be a list of objects, each with a list "hooks".`;
  }
  return undefined;
}

/** Throws a `TypeError` that says what is wrong. */
export function hooksOf(text: string): Hooks {
  const problem = hooksProblem(text);
  if (problem) throw new TypeError(`Hooks: ${problem}`);
  return JSON.parse(text) as Hooks;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
