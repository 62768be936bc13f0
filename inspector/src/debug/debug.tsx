/** What is behind a conversation: events, requests, agents, files. */
import { useEffect, useState } from "react";
import { Agents } from "./agents";
import { Events } from "./events";
import { FilesTab } from "./files";
import { Requests } from "./requests";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import type { Sessions } from "../lib/sessions";
import { Store, useStore } from "../lib/store";
import { Tabs } from "../ui/tabs";

const TABS = [
  ["events", "Events"],
  ["requests", "Requests"],
  ["agents", "Agents"],
  ["files", "Files"],
] as const;

const NONE = new Store<number | undefined>(undefined);
const useChosen = (follower: Follower | undefined): number | undefined => useStore(follower?.chosen ?? NONE);

interface Props {
  server: Connected;
  sessions: Sessions;
  follower: Follower | undefined;
  /** Whether it is all that is seen. */
  main: boolean;
}

export function Debug({ server, sessions, follower, main }: Props) {
  const [tab, setTab] = useState<(typeof TABS)[number][0]>("events");
  const chosen = useChosen(follower);
  useEffect(() => {
    if (chosen !== undefined) setTab("events");
  }, [chosen]);
  return (
    <div className="debug" role={main ? "main" : "complementary"} aria-label="Debug">
      {main && <h1 className="unseen">Debug</h1>}
      <Tabs label="Debug" tabs={TABS} current={tab} onChange={setTab}>
        {tab === "events" && (follower ? <Events key={follower.id} follower={follower} server={server} /> : <p className="hint none">Open a session to see its events.</p>)}
        {tab === "requests" && <Requests />}
        {tab === "agents" && <Agents server={server} sessions={sessions} />}
        {tab === "files" && <FilesTab key={follower?.id ?? ""} server={server} sessionId={follower?.id} />}
      </Tabs>
    </div>
  );
}
