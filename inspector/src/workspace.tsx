/** Sessions on the left, a conversation in the middle, what is behind it on the right; one at a time on a phone. */
import { lazy, Suspense, useCallback, useEffect, useState } from "react";
import { Chat } from "./chat/chat";
import { Help } from "./help";
import { show, view } from "./lib/address";
import type { Connected } from "./lib/connection";
import { Follower } from "./lib/follow";
import { narrow } from "./lib/narrow";
import { useShortcuts } from "./lib/shortcuts";
import type { Sessions } from "./lib/sessions";
import { useStore } from "./lib/store";
import { Sidebar } from "./sessions/sidebar";

// What is not seen at once comes when it is.
const Compare = lazy(async () => ({ default: (await import("./compare/compare")).Compare }));
const Debug = lazy(async () => ({ default: (await import("./debug/debug")).Debug }));
const Create = lazy(async () => ({ default: (await import("./sessions/create")).Create }));

type Pane = "sessions" | "chat" | "debug";

interface Props {
  server: Connected;
  sessions: Sessions;
}

export function Workspace({ server, sessions }: Props) {
  const now = useStore(view);
  const [dialog, setDialog] = useState<"create" | "help">();
  const [debug, setDebug] = useState(() => localStorage.getItem(DEBUG) === "open");
  const isNarrow = useStore(narrow);
  const [pane, setPane] = useState<Pane>(now.name === "compare" || now.id ? "chat" : "sessions");
  const id = now.name === "sessions" ? now.id : undefined;
  const follower = useFollower(server, id);

  const toggleDebug = (): void => {
    localStorage.setItem(DEBUG, debug ? "closed" : "open");
    setDebug(!debug);
  };
  const openDebug = (): void => {
    localStorage.setItem(DEBUG, "open");
    setDebug(true);
    setPane("debug");
  };
  const showEvent = useCallback((sequence: number) => {
    openDebug();
    follower?.chosen.set(sequence);
  }, [follower]);
  const open = (next: string): void => {
    show({ name: "sessions", id: next });
    setPane("chat");
  };
  useShortcuts({ sessions, open, create: () => setDialog("create"), help: () => setDialog("help"), toggleDebug });

  return (
    <div className={debug ? "workspace with-debug" : "workspace"} data-pane={pane}>
      <Sidebar
        main={isNarrow && pane === "sessions"}
        server={server}
        sessions={sessions}
        current={id}
        onOpen={open}
        onCreate={() => setDialog("create")}
        onHelp={() => setDialog("help")}
        onCompare={() => {
          show({ name: "compare" });
          setPane("chat");
        }}
      />
      <div className="middle" {...(isNarrow && pane !== "chat" ? {} : { role: "main" })}>
        <Suspense>
        {now.name === "compare" ? (
          <Compare server={server} sessions={sessions} onOpen={open} />
        ) : follower ? (
          <Chat key={follower.id} follower={follower} server={server} sessions={sessions} debug={debug} onDebug={toggleDebug} onEvent={showEvent} {...(now.item ? { item: now.item } : {})} />
        ) : (
          <Welcome onCreate={() => setDialog("create")} />
        )}
        </Suspense>
      </div>
      <Suspense>
        {(debug || pane === "debug") && <Debug server={server} sessions={sessions} follower={follower} main={isNarrow && pane === "debug"} />}
      </Suspense>
      <nav className="panes" aria-label="Views">
        {(["sessions", "chat", "debug"] as const).map((name) => (
          <button key={name} type="button" aria-current={pane === name} onClick={() => setPane(name)}>
            {{ sessions: "Sessions", chat: now.name === "compare" ? "Compare" : "Chat", debug: "Debug" }[name]}
          </button>
        ))}
      </nav>
      <Suspense>{dialog === "create" && <Create server={server} sessions={sessions} onClose={() => setDialog(undefined)} onCreated={open} />}</Suspense>
      {dialog === "help" && <Help server={server} onClose={() => setDialog(undefined)} />}
    </div>
  );
}

const DEBUG = "sandbox-agent.debug";

/** Follows the session that is looked at, and no other: a browser has few connections to one server. */
function useFollower(server: Connected, id: string | undefined): Follower | undefined {
  const [follower, setFollower] = useState<Follower>();
  useEffect(() => {
    if (!id) {
      setFollower(undefined);
      return;
    }
    const next = new Follower(server.client, id);
    const expected = server.client.getSession(id).then((session) => session.eventCount);
    next.start(expected.catch(() => 0));
    setFollower(next);
    return () => next.stop();
  }, [server, id]);
  return follower?.id === id ? follower : undefined;
}

function Welcome({ onCreate }: { onCreate: () => void }) {
  return (
    <div className="empty">
      <h1>No session open</h1>
      <p>Choose one on the left, or begin a new one.</p>
      <button type="button" className="main" onClick={onCreate}>
        New session
      </button>
      <p className="hint">
        The agent <b>Mock</b> needs no key. Send it <code>help</code> to see what it can do.
      </p>
    </div>
  );
}
