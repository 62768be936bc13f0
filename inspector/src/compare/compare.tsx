/** One prompt to several agents, side by side. */
import { type FormEvent, useEffect, useState } from "react";
import { Approvals } from "../chat/approvals";
import { RowList } from "../chat/list";
import type { Connected } from "../lib/connection";
import { wordsOf } from "../lib/words";
import { Follower } from "../lib/follow";
import { nameOf, type Sessions, STATES } from "../lib/sessions";
import { useStore } from "../lib/store";
import { attempt } from "../ui/toasts";

/** A browser has six connections to one server; each column holds one. */
const MOST = 4;

interface Props {
  server: Connected;
  sessions: Sessions;
  onOpen: (id: string) => void;
}

interface Side {
  agent: string;
  id: string;
  problem?: string;
}

export function Compare({ server, sessions, onOpen }: Props) {
  const { agents } = useStore(sessions.listing);
  const [chosen, setChosen] = useState<readonly string[]>(["mock", "mock"]);
  const [prompt, setPrompt] = useState("");
  const [directory, setDirectory] = useState("");
  const [sides, setSides] = useState<readonly Side[]>([]);
  const [busy, setBusy] = useState(false);

  const begin = async (event: FormEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    const where = directory.trim() ? { directory: directory.trim() } : {};
    const stamp = Date.now().toString(36);
    const next = await Promise.all(
      chosen.map(async (agent, index) => {
        const side = { agent, id: `compare-${stamp}-${index + 1}-${agent}` };
        try {
          const session = await server.client.createSession(side.id, { agent, title: `${prompt.slice(0, 40)} (${nameOf(agent)})`, ...where });
          await session.send(prompt);
          return side;
        } catch (error) {
          return { ...side, problem: wordsOf(error) };
        }
      }),
    );
    setSides(next);
    setBusy(false);
    await sessions.refresh();
  };
  const replace = (index: number, agent: string): void => setChosen(chosen.map((each, at) => (at === index ? agent : each)));

  return (
    <section className="compare" aria-label="Compare">
      <form className="compare-head" onSubmit={(event) => void begin(event)}>
        <h1>Compare</h1>
        <div className="buttons">
          {chosen.map((agent, index) => (
            <span key={index} className="pick">
              <select value={agent} onChange={(event) => replace(index, event.target.value)} aria-label={`Agent ${index + 1}`}>
                {agents.map((each) => (
                  <option key={each.id} value={each.id}>
                    {nameOf(each.id)}
                  </option>
                ))}
              </select>
              {chosen.length > 2 && (
                <button type="button" className="icon" aria-label={`Remove agent ${index + 1}`} onClick={() => setChosen(chosen.filter((_, at) => at !== index))}>
                  ✕
                </button>
              )}
            </span>
          ))}
          {chosen.length < MOST && (
            <button type="button" className="quiet" onClick={() => setChosen([...chosen, "mock"])}>
              Add
            </button>
          )}
          <input className="where" value={directory} onChange={(event) => setDirectory(event.target.value)} placeholder="Directory: where the server runs" aria-label="Directory" spellCheck={false} />
        </div>
        <textarea id="composer" rows={2} value={prompt} onChange={(event) => setPrompt(event.target.value)} placeholder="One prompt for all of them" aria-label="Prompt" />
        <button type="submit" className="main" disabled={busy || !prompt.trim()}>
          {busy ? "Starting …" : "Send to all"}
        </button>
      </form>
      {!sides.length && <p className="empty hint">Each agent gets a session of its own. Their answers appear here, side by side.</p>}
      <div className="sides">
        {sides.map((side) => (
          <Column key={side.id} side={side} server={server} onOpen={onOpen} />
        ))}
      </div>
    </section>
  );
}

function Column({ side, server, onOpen }: { side: Side; server: Connected; onOpen: (id: string) => void }) {
  const [follower, setFollower] = useState<Follower>();
  useEffect(() => {
    if (side.problem) return;
    const next = new Follower(server.quiet, side.id);
    next.start(Promise.resolve(0));
    setFollower(next);
    return () => next.stop();
  }, [server, side]);
  return (
    <article className="side" aria-label={nameOf(side.agent)}>
      <header>
        <h2>{nameOf(side.agent)}</h2>
        {!side.problem && (
          <button type="button" className="quiet" onClick={() => onOpen(side.id)}>
            Open
          </button>
        )}
      </header>
      {side.problem && (
        <p className="problem" role="alert">
          {side.problem}
        </p>
      )}
      {follower && <Followed follower={follower} server={server} />}
    </article>
  );
}

function Followed({ follower, server }: { follower: Follower; server: Connected }) {
  useStore(follower.version);
  const following = useStore(follower.state);
  const { reading } = follower;
  const session = server.client.session(follower.id);
  const waits = reading.permissions.size + reading.questions.size > 0;
  return (
    <>
      <p className="hint side-state">
        {STATES[waits ? "waiting" : reading.running ? "running" : reading.ended ? "ended" : "idle"]}
        {reading.running && (
          <button type="button" className="quiet" onClick={() => void attempt(session.interrupt())}>
            Stop
          </button>
        )}
      </p>
      {following.problem && <p className="banner">{following.problem}</p>}
      <RowList follower={follower} server={server} loading={following.state === "loading"} mock={false} />
      <Approvals session={session} permissions={[...reading.permissions.values()]} questions={[...reading.questions.values()]} />
    </>
  );
}
