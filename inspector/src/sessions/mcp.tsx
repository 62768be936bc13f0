/** MCP servers of a new session, each a small JSON document as in the agents' own files. */
import type { McpServer } from "sandbox-agent";

export interface McpDraft {
  name: string;
  text: string;
}

const SAMPLE = '{\n  "type": "local",\n  "command": ["npx", "my-mcp-server"]\n}';

interface Props {
  drafts: McpDraft[];
  onChange: (drafts: McpDraft[]) => void;
}

export function McpFields({ drafts, onChange }: Props) {
  const change = (index: number, draft: Partial<McpDraft>): void =>
    onChange(drafts.map((each, at) => (at === index ? { ...each, ...draft } : each)));
  return (
    <details>
      <summary>MCP servers {drafts.length > 0 && `(${drafts.length})`}</summary>
      {drafts.map((draft, index) => {
        const problem = mcpProblem(draft, drafts);
        return (
          <div key={index} className="draft">
            <label>
              Name
              <input value={draft.name} onChange={(event) => change(index, { name: event.target.value })} required />
            </label>
            <label>
              Configuration (JSON)
              <textarea rows={4} value={draft.text} onChange={(event) => change(index, { text: event.target.value })} spellCheck={false} aria-invalid={problem !== undefined} />
            </label>
            {problem && <p className="problem">{problem}</p>}
            <button type="button" className="quiet" onClick={() => onChange(drafts.filter((_, at) => at !== index))}>
              Remove
            </button>
          </div>
        );
      })}
      <button type="button" onClick={() => onChange([...drafts, { name: `server-${drafts.length + 1}`, text: SAMPLE }])}>
        Add a server
      </button>
    </details>
  );
}

/** What is wrong with a draft, in words; undefined when it will do. */
export function mcpProblem({ name, text }: McpDraft, all: readonly McpDraft[]): string | undefined {
  if (!name.trim()) return "It needs a name.";
  if (all.filter((each) => each.name.trim() === name.trim()).length > 1) return "Another server has this name.";
  let value: Record<string, unknown>;
  try {
    value = JSON.parse(text) as Record<string, unknown>;
  } catch (error) {
    return `Not JSON: ${(error as Error).message}`;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value)) return "It must be a JSON object.";
  if (value.type === "local") return value.command ? undefined : "A local server needs a command.";
  if (value.type === "remote") return value.url ? undefined : "A remote server needs a url.";
  return 'Its type must be "local" or "remote".';
}

/** Throws a `TypeError` that says which draft is wrong. */
export function mcpOf(drafts: readonly McpDraft[]): Record<string, McpServer> {
  for (const draft of drafts) {
    const problem = mcpProblem(draft, drafts);
    if (problem) throw new TypeError(`MCP server ${draft.name || "without a name"}: ${problem}`);
  }
  return Object.fromEntries(drafts.map(({ name, text }) => [name.trim(), JSON.parse(text) as McpServer]));
}
