/** All sessions: which agent, how it stands, when something happened last. */
import { type ReactNode, useState } from "react";
import type { SessionInfo } from "sandbox-agent";
import { ICON } from "../lib/address";
import { type Connected, disconnect } from "../lib/connection";
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
}

export function Sidebar({ server, sessions, current, onOpen, onCreate, onCompare, onHelp }: Props) {
  const { sessions: all, loaded, problem } = useStore(sessions.listing);
  const [search, setSearch] = useState("");
  const found = all.filter((session) => textOf(session).includes(search.trim().toLowerCase()));
  return (
    <aside className="sidebar" aria-label="Sessions">
      <header>
        <img src={ICON} alt="" width="22" height="22" />
        <strong>Sandbox Agent</strong>
        <IconButton label="New session" onClick={onCreate}>
          +
        </IconButton>
      </header>
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
      {loaded && !found.length && <p className="hint none">{all.length ? "Nothing found." : "No sessions yet."}</p>}
      <footer>
        <button type="button" className="quiet" onClick={onCompare}>
          Compare
        </button>
        <button type="button" className="quiet" onClick={onHelp}>
          Keys
        </button>
        <ThemeButton />
        <button type="button" className="quiet" onClick={disconnect} title={server.endpoint}>
          Disconnect
        </button>
      </footer>
    </aside>
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
