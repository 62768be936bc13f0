/** All sessions: which agent, how it stands, when something happened last. */
import { type ReactNode, useState } from "react";
import type { SessionInfo } from "sandbox-agent";
import { ICON } from "../lib/address";
import { type Connected, disconnect } from "../lib/connection";
import { archived } from "../lib/archive";
import { nameOf, type Sessions, STATES } from "../lib/sessions";
import { useStore } from "../lib/store";
import { theme, toggleTheme } from "../lib/theme";
import { ago } from "../ui/time";

interface Props {
  server: Connected;
  sessions: Sessions;
  current: string | undefined;
  onOpen: (id: string) => void;
  onCreate: () => void;
  onCompare: () => void;
  onHelp: () => void;
  /** Whether it is all that is seen. */
  main: boolean;
}

export function Sidebar({ server, sessions, current, onOpen, onCreate, onCompare, onHelp, main }: Props) {
  const { sessions: all, loaded, problem } = useStore(sessions.listing);
  const [search, setSearch] = useState("");
  const hidden = useStore(archived);
  const [archive, setArchive] = useState(false);
  const isHidden = (session: SessionInfo): boolean => session.ended && hidden.includes(session.logId);
  const put = all.filter(isHidden).length;
  const inArchive = archive && put > 0;
  const found = all.filter((session) => isHidden(session) === inArchive && textOf(session).includes(search.trim().toLowerCase()));
  return (
    <div className="sidebar" role={main ? "main" : "complementary"} aria-label="Sessions">
      <div className="sidebar-head">
        <img src={ICON} alt="" width="22" height="22" />
        {main ? <h1>Sandbox Agent</h1> : <strong>Sandbox Agent</strong>}
        <IconButton label="New session" onClick={onCreate}>
          +
        </IconButton>
      </div>
      <input id="search" type="search" placeholder="Search sessions" aria-label="Search sessions" value={search} onChange={(event) => setSearch(event.target.value)} />
      {problem && (
        <p className="problem" role="alert">
          {problem}
        </p>
      )}
      <ul className="session-list">
        {found.map((session) => (
          <SessionEntry key={session.sessionId} session={session} current={session.sessionId === current} onOpen={onOpen} />
        ))}
      </ul>
      {loaded && !found.length && <p className="hint none">{search ? "Nothing found." : "No sessions yet."}</p>}
      {put > 0 && (
        <button type="button" className="quiet" aria-pressed={inArchive} onClick={() => setArchive(!archive)}>
          {inArchive ? "Back to the others" : `Archived (${put})`}
        </button>
      )}
      <p className="hint ellipsis server" title={server.endpoint}>
        {server.endpoint.replace(/^https?:\/\//, "")}
      </p>
      <div className="sidebar-foot">
        <button type="button" className="quiet" onClick={onCompare}>
          Compare
        </button>
        <button type="button" className="quiet" onClick={onHelp}>
          Help
        </button>
        <ThemeButton />
        <button type="button" className="quiet" onClick={disconnect}>
          Disconnect
        </button>
      </div>
    </div>
  );
}

function SessionEntry({ session, current, onOpen }: { session: SessionInfo; current: boolean; onOpen: (id: string) => void }) {
  return (
    <li>
      <button type="button" className="session-entry" aria-current={current} onClick={() => onOpen(session.sessionId)}>
        <span className={`dot ${session.state}`} aria-hidden="true" />
        <span className="session-name">{session.title || session.sessionId}</span>
        <span className="session-time">{ago(session.updatedAt)}</span>
        <span className="session-about">
          {nameOf(session.agent)} · {STATES[session.state]}
        </span>
      </button>
    </li>
  );
}

function ThemeButton() {
  const now = useStore(theme);
  return (
    <button type="button" className="quiet" onClick={toggleTheme}>
      {now === "dark" ? "Light" : "Dark"}
    </button>
  );
}

function IconButton({ label, onClick, children }: { label: string; onClick: () => void; children: ReactNode }) {
  return (
    <button type="button" className="icon" aria-label={label} title={label} onClick={onClick}>
      {children}
    </button>
  );
}

function textOf({ sessionId, title, agent, directory, state }: SessionInfo): string {
  return [sessionId, title, agent, nameOf(agent), directory, STATES[state]].join(" ").toLowerCase();
}
