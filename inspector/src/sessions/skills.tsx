/** Skills of a new session: where they come from. */
import type { Skills } from "sandbox-agent";

export interface SkillDraft {
  type: string;
  source: string;
  skills: string;
  ref: string;
  subpath: string;
}

const EMPTY: SkillDraft = { type: "github", source: "", skills: "", ref: "", subpath: "" };
const SOURCES = { github: "owner/repository", local: "/path/to/skills", git: "https://host/repository.git" } as const;

interface Props {
  drafts: SkillDraft[];
  onChange: (drafts: SkillDraft[]) => void;
}

export function SkillFields({ drafts, onChange }: Props) {
  const change = (index: number, draft: Partial<SkillDraft>): void =>
    onChange(drafts.map((each, at) => (at === index ? { ...each, ...draft } : each)));
  return (
    <details>
      <summary>Skills {drafts.length > 0 && `(${drafts.length})`}</summary>
      {drafts.map((draft, index) => (
        <div key={index} className="draft pair">
          <label>
            From
            <select value={draft.type} onChange={(event) => change(index, { type: event.target.value })}>
              <option value="github">GitHub</option>
              <option value="local">Folder</option>
              <option value="git">Git</option>
            </select>
          </label>
          <label>
            Source
            <input value={draft.source} placeholder={SOURCES[draft.type as keyof typeof SOURCES]} onChange={(event) => change(index, { source: event.target.value })} required spellCheck={false} />
          </label>
          <label>
            Only these
            <input value={draft.skills} placeholder="all; or names, with commas" onChange={(event) => change(index, { skills: event.target.value })} />
          </label>
          {draft.type !== "local" && (
            <label>
              Branch or tag
              <input value={draft.ref} onChange={(event) => change(index, { ref: event.target.value })} />
            </label>
          )}
          <label>
            Folder in it
            <input value={draft.subpath} onChange={(event) => change(index, { subpath: event.target.value })} />
          </label>
          <button type="button" className="quiet" onClick={() => onChange(drafts.filter((_, at) => at !== index))}>
            Remove
          </button>
        </div>
      ))}
      <button type="button" onClick={() => onChange([...drafts, EMPTY])}>
        Add a source
      </button>
    </details>
  );
}

export function skillsOf(drafts: readonly SkillDraft[]): Skills {
  const sources = drafts.map(({ type, source, skills, ref, subpath }) => {
    const names = skills.split(",").map((name) => name.trim()).filter(Boolean);
    return {
      type,
      source: source.trim(),
      ...(names.length ? { skills: names } : {}),
      ...(ref && type !== "local" ? { ref } : {}),
      ...(subpath ? { subpath } : {}),
    };
  });
  return { sources };
}
