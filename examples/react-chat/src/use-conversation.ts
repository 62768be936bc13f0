/** A conversation as a React hook. */
import { useCallback, useEffect, useState, useSyncExternalStore } from "react";
import { forgetSession, openSession } from "./connection";
import { Conversation, type View } from "./conversation";

export interface Connected {
  conversation?: Conversation | undefined;
  view?: View | undefined;
  /** Why nothing more comes. */
  failure: string;
  /** Connect again after a failure. */
  retry: () => void;
  /** Leave this conversation, begin another one. */
  startAnew: () => void;
}

const NOTHING = { subscribe: () => () => undefined, view: () => undefined };

/** Opens the session of this browser and follows it for as long as the component is there. */
export function useConversation(): Connected {
  const [attempt, setAttempt] = useState(0);
  const [failure, setFailure] = useState("");
  const [conversation, setConversation] = useState<Conversation>();

  useEffect(() => {
    const leaving = new AbortController();
    const follow = async (): Promise<void> => {
      const opened = new Conversation(await openSession());
      if (leaving.signal.aborted) return;
      setFailure("");
      setConversation(opened);
      await opened.follow(leaving.signal);
    };
    follow().catch((error: unknown) => {
      if (!leaving.signal.aborted) setFailure(error instanceof Error ? error.message : String(error));
    });
    return () => leaving.abort();
  }, [attempt]);

  const retry = useCallback(() => setAttempt((before) => before + 1), []);
  const startAnew = useCallback(() => {
    forgetSession();
    retry();
  }, [retry]);
  const { subscribe, view } = conversation ?? NOTHING;
  return { conversation, view: useSyncExternalStore(subscribe, view), failure, retry, startAnew };
}
