import { useEffect, useMemo } from "react";
import { Connect } from "./connect";
import { type Connected, connection } from "./lib/connection";
import { Sessions } from "./lib/sessions";
import { useStore } from "./lib/store";
import { Toasts } from "./ui/toasts";
import { Workspace } from "./workspace";

export function App() {
  const now = useStore(connection);
  return (
    <>
      {now.state === "connected" ? <Home key={now.server.endpoint + now.server.token} server={now.server} /> : <Connect now={now} />}
      <Toasts />
    </>
  );
}

function Home({ server }: { server: Connected }) {
  const sessions = useMemo(() => new Sessions(server), [server]);
  useEffect(() => {
    sessions.start();
    return () => sessions.stop();
  }, [sessions]);
  return <Workspace server={server} sessions={sessions} />;
}
