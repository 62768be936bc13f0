/** The messages that wait for the running turn to end. */
import { useEffect, useState } from "react";
import type { QueuedMessage, Session } from "sandbox-agent";
import { Store, useStore } from "../lib/store";
import { attempt } from "../ui/toasts";

/** Told when a message was sent or withdrawn. */
export const queueChanged = new Store(0);

interface Props {
  session: Session;
  running: boolean;
  /** Changes when something happened that may have moved the queue. */
  version: number;
}

export function Waiting({ session, running, version }: Props) {
  const changed = useStore(queueChanged);
  const [messages, setMessages] = useState<readonly QueuedMessage[]>([]);
  useEffect(() => {
    let current = true;
    if (!running && !changed) return;
    session.queue().then((queue) => current && setMessages(queue.messages), () => current && setMessages([]));
    return () => {
      current = false;
    };
  }, [session.id, running, version, changed]);
  if (!messages.length) return null;
  return (
    <section className="queue" aria-label="Waiting messages">
      {messages.map((message) => (
        <p key={message.messageId}>
          <span className="tag">waits</span> <span className="ellipsis">{message.message}</span>
          <button
            type="button"
            className="quiet"
            onClick={() => void attempt(session.withdraw(message.messageId)).then(() => queueChanged.update((count) => count + 1))}
          >
            Withdraw
          </button>
        </p>
      ))}
    </section>
  );
}
