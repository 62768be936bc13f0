/** A new session: which agent, and how it is to work. */
import { type FormEvent, useEffect, useState } from "react";
import type { CreateSessionRequest } from "sandbox-agent";
import { ModelField, PERMISSIONS, Select, useChoices } from "./choices";
import { HookField, hooksOf } from "./hooks";
import type { Connected } from "../lib/connection";
import { wordsOf } from "../lib/words";
import { newId } from "../lib/ids";
import { nameOf, type Sessions } from "../lib/sessions";
import { useStore } from "../lib/store";
import { Dialog } from "../ui/dialog";
import { McpFields, type McpDraft, mcpOf } from "./mcp";
import { skillsOf, SkillFields, type SkillDraft } from "./skills";

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
  const [hooks, setHooks] = useState("");
  const [problem, setProblem] = useState<string>();
  const [busy, setBusy] = useState(false);
  const slow = useSlow(busy);
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
      if (hooks.trim()) request.hooks = hooksOf(hooks);
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
              <small>{each.installed ? (each.version === "builtin" ? "built in" : (each.version ?? "")) : "not installed"}</small>
            </label>
          ))}
        </fieldset>
        {missing && <p className="hint">It is installed first, which can take a minute.</p>}
        <div className="pair">
          <ModelField key={agent} models={models} value={fields.model ?? ""} onChange={set("model")} />
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
        <details>
          <summary>Instructions and hooks</summary>
          <div className="draft">
            <label>
              Instructions
              <textarea rows={3} value={fields.instructions ?? ""} onChange={(event) => set("instructions")(event.target.value)} placeholder="Added to what the agent is told anyway" />
            </label>
            <HookField text={hooks} onChange={setHooks} />
          </div>
        </details>
        <details>
          <summary>Go on with a conversation of the agent's own</summary>
          <label>
            Its id, as the agent names it
            <input value={fields.resume ?? ""} onChange={(event) => set("resume")(event.target.value)} spellCheck={false} />
          </label>
        </details>
        {problem && (
          <p className="problem" role="alert">
            {problem}
          </p>
        )}
        {slow && <p className="hint">This takes unusually long. The server goes on with it; its log says what it waits for.</p>}
        <button type="submit" className="main" disabled={busy}>
          {busy ? (missing ? "Installing and creating …" : "Creating …") : "Create"}
        </button>
      </form>
    </Dialog>
  );
}

const LONG_MS = 90_000;

/** Whether something has been going on for longer than anybody expects. */
function useSlow(busy: boolean): boolean {
  const [slow, setSlow] = useState(false);
  useEffect(() => {
    setSlow(false);
    if (!busy) return;
    const timer = setTimeout(() => setSlow(true), LONG_MS);
    return () => clearTimeout(timer);
  }, [busy]);
  return slow;
}
