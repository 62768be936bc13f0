/** Which session this is, what it has used, and how to end it. */
import { useState } from "react";
import type { SessionInfo, Usage } from "sandbox-agent";
import { forkFrom } from "./fork";
import { show } from "../lib/address";
import { archived, toggleArchived } from "../lib/archive";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import { nameOf, type Sessions, STATES } from "../lib/sessions";
import { useStore } from "../lib/store";
import { CopyButton } from "../ui/copy";
import { Dialog } from "../ui/dialog";
import { Menu, type MenuItem } from "../ui/menu";
import { count } from "../ui/time";
import { attempt } from "../ui/toasts";

interface Props {
  follower: Follower;
  server: Connected;
  sessions: Sessions;
  info: SessionInfo | undefined;
  canFork: boolean;
  debug: boolean;
  onDebug: () => void;
}

export function Header({ follower, server, sessions, info, canFork, debug, onDebug }: Props) {
  const [asking, setAsking] = useState<"terminate" | "delete" | "details">();
  const hidden = useStore(archived).includes(info?.logId ?? "");
  const { reading } = follower;
  const state = reading.ended ? "ended" : reading.permissions.size + reading.questions.size ? "waiting" : reading.running ? "running" : "idle";
  const session = server.client.session(follower.id);
  const carryOut = async (): Promise<void> => {
    const work = asking === "terminate" ? session.terminate() : session.delete();
    setAsking(undefined);
    await attempt(work);
    if (asking === "delete") show({ name: "sessions" });
    await sessions.refresh();
  };
  const items: MenuItem[] = [
    { label: "Details", run: () => setAsking("details") },
    ...(info && canFork ? [{ label: "Fork", run: () => void attempt(forkFrom(server, sessions, info)) }] : []),
    ...(info && reading.ended ? [{ label: hidden ? "Unarchive" : "Archive", run: () => toggleArchived(info.logId) }] : []),
    ...(reading.ended ? [] : [{ label: "End", run: () => setAsking("terminate") }]),
    { label: "Delete", bad: true, run: () => setAsking("delete") },
  ];
  return (
    <header className="chat-head">
      <div className="chat-title">
        <h1>{info?.title || follower.id}</h1>
        <p className="hint">
          <span className={`dot ${state}`} aria-hidden="true" /> {STATES[state]}
          {info && ` · ${[nameOf(info.agent), info.model, info.variant].filter(Boolean).join(" · ")}`}
          {reading.usage && ` · ${usageWords(reading.usage.session)}`}
        </p>
      </div>
      <div className="buttons">
        <button type="button" className="quiet wide-only" aria-pressed={debug} onClick={onDebug}>
          Debug
        </button>
        <Menu label="Session menu" items={items}>
          ⋯
        </Menu>
      </div>
      {asking === "details" && <Details info={info} follower={follower} onClose={() => setAsking(undefined)} />}
      {(asking === "terminate" || asking === "delete") && (
        <Dialog title={asking === "terminate" ? "End this session?" : "Delete this session?"} onClose={() => setAsking(undefined)}>
          <p>
            {asking === "terminate"
              ? "The agent and everything it started is stopped. The history stays."
              : "The agent is stopped, and the history is gone."}
          </p>
          <div className="buttons end">
            <button type="button" onClick={() => setAsking(undefined)}>
              Cancel
            </button>
            <button type="button" className="bad" onClick={() => void carryOut()}>
              {asking === "terminate" ? "End session" : "Delete session"}
            </button>
          </div>
        </Dialog>
      )}
    </header>
  );
}

function Details({ info, follower, onClose }: { info: SessionInfo | undefined; follower: Follower; onClose: () => void }) {
  const { usage } = follower.reading;
  const rows: [string, string | null | undefined][] = [
    ["Session", follower.id],
    ["Agent", info && nameOf(info.agent)],
    ["Directory", info?.directory],
    ["Mode", info?.agentMode],
    ["Permissions", info?.permissionMode],
    ["Model", info?.model],
    ["Effort", info?.variant],
    ["MCP servers", Object.keys(info?.mcp ?? {}).join(", ")],
    ["Skills", info?.skills?.sources?.map(({ source }) => source).join(", ")],
    ["Native session", info?.nativeSessionId],
    ["Events", String(follower.reading.offset)],
    ["Used", usage && usageWords(usage.session)],
    ["Context window", usage?.context_window ? `${count(usage.context_window)} tokens` : undefined],
  ];
  return (
    <Dialog title="Session" onClose={onClose}>
      <dl className="facts">
        {rows
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>
                {value} <CopyButton text={() => value ?? ""} />
              </dd>
            </div>
          ))}
      </dl>
    </Dialog>
  );
}

export function usageWords({ input_tokens: input, output_tokens: output, cost_usd: cost }: Usage): string {
  return `${count(input)} in, ${count(output)} out${typeof cost === "number" ? `, $${cost.toFixed(cost < 1 ? 4 : 2)}` : ""}`;
}
