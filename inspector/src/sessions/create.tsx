/** A new session: which agent, and how it is to work. */
import { type FormEvent, useEffect, useState } from "react";
import type { CreateSessionRequest, Mode, ModelList } from "sandbox-agent";
import { type Connected, wordsOf } from "../lib/connection";
import { nameOf, type Sessions } from "../lib/sessions";
import { useStore } from "../lib/store";
import { Dialog } from "../ui/dialog";
import { McpFields, type McpDraft, mcpOf } from "./mcp";
import { skillsOf, SkillFields, type SkillDraft } from "./skills";

const PERMISSIONS = [
  ["", "Ask (default)"],
  ["acceptEdits", "Accept edits"],
  ["plan", "Plan only"],
  ["bypass", "Allow everything"],
] as const;

interface Props {
  server: Connected;
  sessions: Sessions;
  onClose: () => void;
  onCreated: (id: string) => void;
}

export function Create({ server, sessions, onClose, onCreated }: Props) {
  const { agents } = useStore(sessions.listing);
  const [agent, setAgent] = useState("mock");
  const [id, setId] = useState(newId);
  const [fields, setFields] = useState<Record<string, string>>({});
  const [mcp, setMcp] = useState<McpDraft[]>([]);
  const [skills, setSkills] = useState<SkillDraft[]>([]);
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const { modes, models } = useChoices(server, agent);
  const set = (name: string) => (value: string) => setFields({ ...fields, [name]: value });
  const missing = agents.find((each) => each.id === agent)?.installed === false;
  const variants = models.models.find((each) => each.id === (fields.model || models.defaultModel))?.variants ?? [];

  const submit = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const request: CreateSessionRequest = { agent };
      for (const [name, value] of Object.entries(fields)) if (value) Object.assign(request, { [name]: value });
      if (mcp.length) request.mcp = mcpOf(mcp);
      if (skills.length) request.skills = skillsOf(skills);
      await server.client.createSession(id, request);
      await sessions.refresh();
      onClose();
      onCreated(id);
    } catch (error) {
      setProblem(wordsOf(error));
      setBusy(false);
    }
  };

  return (
    <Dialog title="New session" onClose={onClose}>
      <form className="fields" onSubmit={(event) => void submit(event)}>
        <fieldset className="agents">
          <legend>Agent</legend>
          {agents.map((each) => (
            <label key={each.id} className="choice">
              <input
                type="radio"
                name="agent"
                checked={each.id === agent}
                onChange={() => {
                  setAgent(each.id);
                  setFields({});
                }}
              />
              <span>{nameOf(each.id)}</span>
              <small>{each.installed ? (each.version ?? "") : "not installed"}</small>
            </label>
          ))}
        </fieldset>
        {missing && <p className="hint">It is installed first, which can take a minute.</p>}
        <div className="pair">
          <Select label="Model" value={fields.model ?? ""} onChange={set("model")} choices={modelChoices(models)} />
          {variants.length > 0 && (
            <Select label="Effort" value={fields.variant ?? ""} onChange={set("variant")} choices={[["", "Default"], ...variants.map((each) => [each, each] as const)]} />
          )}
          <Select label="Mode" value={fields.agentMode ?? ""} onChange={set("agentMode")} choices={[["", "Default"], ...modes.map((mode) => [mode.id, mode.name] as const)]} />
          <Select label="Permissions" value={fields.permissionMode ?? ""} onChange={set("permissionMode")} choices={PERMISSIONS} />
        </div>
        <label>
          Directory
          <input value={fields.directory ?? ""} onChange={(event) => set("directory")(event.target.value)} placeholder="Where the server runs" spellCheck={false} />
        </label>
        <div className="pair">
          <label>
            Session id
            <input value={id} onChange={(event) => setId(event.target.value)} required spellCheck={false} />
          </label>
          <label>
            Title
            <input value={fields.title ?? ""} onChange={(event) => set("title")(event.target.value)} />
          </label>
        </div>
        <McpFields drafts={mcp} onChange={setMcp} />
        <SkillFields drafts={skills} onChange={setSkills} />
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        <button type="submit" className="main" disabled={busy}>
          {busy ? (missing ? "Installing and creating …" : "Creating …") : "Create"}
        </button>
      </form>
    </Dialog>
  );
}

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly (readonly [string, string])[];
}

function Select({ label, value, onChange, choices }: SelectProps) {
  return (
    <label>
      {label}
      <select aria-label={label} value={value} onChange={(event) => onChange(event.target.value)}>
        {choices.map(([id, words]) => (
          <option key={id} value={id}>
            {words}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What the chosen agent offers; nothing while it is asked, or when it does not say. */
function useChoices(server: Connected, agent: string): { modes: readonly Mode[]; models: ModelList } {
  const [choices, setChoices] = useState<{ agent: string; modes: readonly Mode[]; models: ModelList }>();
  useEffect(() => {
    let current = true;
    void Promise.all([
      server.client.getAgentModes(agent).catch(() => ({ modes: [] })),
      server.client.getAgentModels(agent).catch(() => ({ models: [] })),
    ]).then(([{ modes }, models]) => current && setChoices({ agent, modes, models }));
    return () => {
      current = false;
    };
  }, [server, agent]);
  return choices?.agent === agent ? choices : { modes: [], models: { models: [] } };
}

function modelChoices({ models, defaultModel }: ModelList): (readonly [string, string])[] {
  const usual = models.find((model) => model.id === defaultModel);
  return [
    ["", usual ? `Default (${usual.name ?? usual.id})` : "Default"],
    ...models.map((model) => [model.id, model.name ?? model.id] as const),
  ];
}

function newId(): string {
  return `session-${crypto.getRandomValues(new Uint32Array(1))[0]?.toString(36).padStart(7, "0")}`;
}
