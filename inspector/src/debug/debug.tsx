/** What is behind a conversation: events, requests, agents, files. */
import { useState } from "react";
import { Agents } from "./agents";
import { Events } from "./events";
import { FilesTab } from "./files";
import { Requests } from "./requests";
import type { Connected } from "../lib/connection";
import type { Follower } from "../lib/follow";
import type { Sessions } from "../lib/sessions";
import { Tabs } from "../ui/tabs";

const TABS = [
  ["events", "Events"],
  ["requests", "Requests"],
  ["agents", "Agents"],
  ["files", "Files"],
] as const;

interface Props {
  server: Connected;
  sessions: Sessions;
  follower: Follower | undefined;
}

export function Debug({ server, sessions, follower }: Props) {
  const [tab, setTab] = useState<(typeof TABS)[number][0]>("events");
  return (
    <aside className="debug" aria-label="Debug">
      <Tabs label="Debug" tabs={TABS} current={tab} onChange={setTab}>
        {tab === "events" && (follower ? <Events key={follower.id} follower={follower} server={server} /> : <p className="hint none">Open a session to see its events.</p>)}
        {tab === "requests" && <Requests />}
        {tab === "agents" && <Agents server={server} sessions={sessions} />}
        {tab === "files" && <FilesTab key={follower?.id ?? ""} server={server} sessionId={follower?.id} />}
      </Tabs>
    </aside>
  );
}
