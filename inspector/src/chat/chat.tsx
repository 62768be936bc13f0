/** One conversation: what was said and done, what waits for an answer, and what to say next. */
import { useEffect, useMemo, useState } from "react";
import type { SessionInfo } from "sandbox-agent";
import { ActionsContext } from "./actions";
import { Approvals } from "./approvals";
import { Composer } from "./composer";
import { forkFrom } from "./fork";
import { Header } from "./header";
import { RowList } from "./list";
import { Waiting } from "./queue";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import type { Sessions } from "../lib/sessions";
import { useStore } from "../lib/store";
import { attempt } from "../ui/toasts";

interface Props {
  follower: Follower;
  server: Connected;
  sessions: Sessions;
  item?: string;
  debug: boolean;
  onDebug: () => void;
  onEvent: (sequence: number) => void;
}

export function Chat({ follower, server, sessions, item, debug, onDebug, onEvent }: Props) {
  useStore(follower.version);
  const following = useStore(follower.state);
  const info = useInfo(follower, sessions);
  const { reading } = follower;
  const session = server.client.session(follower.id);
  const interrupt = (): void => void attempt(session.interrupt());

  const { agents } = useStore(sessions.listing);
  const canFork = agents.find((agent) => agent.id === info?.agent)?.capabilities.fork ?? false;
  const actions = useMemo(
    () => ({
      showEvent: onEvent,
      ...(info?.directory ? { directory: info.directory } : {}),
      ...(canFork && info ? { fork: (turnId: string) => void attempt(forkFrom(server, sessions, info, turnId)) } : {}),
    }),
    [server, sessions, canFork, onEvent, info?.sessionId, info?.title, info?.directory],
  );

  useEffect(() => {
    const pressed = (event: KeyboardEvent): void => {
      if (!event.ctrlKey || event.key !== ".") return;
      event.preventDefault();
      interrupt();
    };
    addEventListener("keydown", pressed);
    return () => removeEventListener("keydown", pressed);
  });
  useEffect(() => void sessions.refresh(), [sessions, reading.running, reading.ended, reading.permissions.size]);

  return (
    <section className="chat" aria-label={info?.title || follower.id}>
      <Header follower={follower} server={server} sessions={sessions} info={info} canFork={canFork} debug={debug} onDebug={onDebug} />
      {following.problem && (
        <p className="banner" role="alert">
          {following.problem}
        </p>
      )}
      <ActionsContext value={actions}>
        <RowList follower={follower} server={server} loading={following.state === "loading"} mock={info?.agent === "mock"} {...(item ? { item } : {})} />
      </ActionsContext>
      <Approvals session={session} permissions={[...reading.permissions.values()]} questions={[...reading.questions.values()]} />
      {!reading.ended && <Waiting session={session} running={reading.running} version={reading.rows.length} />}
      <Composer session={session} server={server} running={reading.running} ended={reading.ended || following.state === "gone"} onInterrupt={interrupt} />
    </section>
  );
}

/** What the list of sessions says about this one. */
function useInfo(follower: Follower, sessions: Sessions): SessionInfo | undefined {
  const { sessions: all } = useStore(sessions.listing);
  const [last, setLast] = useState<SessionInfo>();
  const found = all.find((session) => session.sessionId === follower.id);
  useEffect(() => {
    if (found) setLast(found);
  }, [found]);
  return found ?? last;
}
