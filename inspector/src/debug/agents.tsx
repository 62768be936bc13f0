/** The agents of this server: what is installed, what each can do. */
import { useState } from "react";
import type { AgentInfo, Capabilities, InstallProgress } from "sandbox-agent";
import type { Connected } from "../lib/connection";
import { nameOf, type Sessions } from "../lib/sessions";
import { useStore } from "../lib/store";
import { size } from "../ui/time";
import { attempt } from "../ui/toasts";

export function Agents({ server, sessions }: { server: Connected; sessions: Sessions }) {
  const { agents } = useStore(sessions.listing);
  return (
    <div className="list-tab">
      {agents.map((agent) => (
        <Agent key={agent.id} agent={agent} server={server} sessions={sessions} />
      ))}
      {agents.length > 0 && <CapabilityTable agents={agents} />}
    </div>
  );
}

function Agent({ agent, server, sessions }: { agent: AgentInfo; server: Connected; sessions: Sessions }) {
  const [progress, setProgress] = useState<InstallProgress>();
  const install = async (): Promise<void> => {
    for await (const step of server.client.followInstall(agent.id, { reinstall: agent.installed })) setProgress(step);
    await sessions.refreshAgents();
  };
  const busy = progress && progress.state !== "done" && progress.state !== "failed";
  return (
    <article className="card agent">
      <header>
        <h2>{nameOf(agent.id)}</h2>
        <button type="button" disabled={busy ?? false} onClick={() => void attempt(install())}>
          {agent.installed ? "Install again" : "Install"}
        </button>
      </header>
      <p className="tags">
        <span className={agent.installed ? "tag good" : "tag"}>{agent.installed ? "Installed" : "Not installed"}</span>
        <span className={agent.credentialsAvailable ? "tag good" : "tag"}>{agent.credentialsAvailable ? "Credentials found" : "No credentials"}</span>
        {agent.serverStatus && <span className="tag">Its server: {agent.serverStatus.status}</span>}
      </p>
      {agent.version && <p className="hint">{agent.version === "builtin" ? "Built in" : `Version ${agent.version}`}</p>}
      {agent.path && (
        <p className="hint">
          <code>{agent.path}</code>
        </p>
      )}
      <p className="hint" aria-live="polite">
        {progress && (progress.state === "failed" ? (progress.problem?.detail ?? "Failed") : `${progress.what || progress.state}${progress.bytes ? `, ${size(progress.bytes)}` : ""}`)}
      </p>
    </article>
  );
}

function CapabilityTable({ agents }: { agents: readonly AgentInfo[] }) {
  const names = Object.keys(agents[0]?.capabilities ?? {}) as (keyof Capabilities)[];
  return (
    <div className="scroll" tabIndex={0} role="region" aria-label="What each agent can do">
      <table className="capabilities">
        <thead>
          <tr>
            <th scope="col">Can</th>
            {agents.map((agent) => (
              <th key={agent.id} scope="col">
                {nameOf(agent.id)}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name) => (
            <tr key={name}>
              <th scope="row">{wordsOf(name)}</th>
              {agents.map((agent) => (
                <td key={agent.id}>
                  {agent.capabilities[name] ? (
                    <span role="img" aria-label="yes">
                      ✓
                    </span>
                  ) : (
                    <span role="img" aria-label="no" className="hint">
                      –
                    </span>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** `commandExecution` in words. */
function wordsOf(name: string): string {
  const words = name.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
  return words.charAt(0).toUpperCase() + words.slice(1);
}
