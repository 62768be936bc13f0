/** What can be chosen for a new session: models, modes, permissions. */
import { useEffect, useState } from "react";
import type { Mode, ModelList } from "sandbox-agent";
import type { Connected } from "../lib/connection";

export const PERMISSIONS = [
  ["", "Ask (default)"],
  ["acceptEdits", "Accept edits"],
  ["plan", "Plan only"],
  ["bypass", "Allow everything"],
] as const;

interface SelectProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
  choices: readonly (readonly [string, string])[];
}

export function Select({ label, value, onChange, choices }: SelectProps) {
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
export function useChoices(server: Connected, agent: string): { modes: readonly Mode[]; models: ModelList } {
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

const OTHER = "\0other";

interface ModelProps {
  models: ModelList;
  value: string;
  onChange: (value: string) => void;
}

/** One of the models that the agent names, or another one by its name: lists are never complete. */
export function ModelField({ models: { models, defaultModel }, value, onChange }: ModelProps) {
  const [own, setOwn] = useState(false);
  const usual = models.find((model) => model.id === defaultModel);
  const choices = [
    ["", usual ? `Default (${usual.name ?? usual.id})` : "Default"],
    ...models.map((model) => [model.id, model.name ?? model.id] as const),
    [OTHER, "Another one …"],
  ] as const;
  const chosen = (id: string): void => {
    setOwn(id === OTHER);
    onChange(id === OTHER ? "" : id);
  };
  return (
    <>
      <Select label="Model" value={own ? OTHER : value} onChange={chosen} choices={choices} />
      {own && (
        <label>
          Name of the model
          <input value={value} onChange={(event) => onChange(event.target.value)} required spellCheck={false} />
        </label>
      )}
    </>
  );
}
