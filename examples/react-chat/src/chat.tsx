/** The page: what was said, what waits for an answer, and a field to write into. */
import { useState } from "react";
import { Composer } from "./composer";
import { RequestCard } from "./requests";
import { keyOf } from "./conversation";
import { Messages } from "./messages";
import { useConversation } from "./use-conversation";

export function Chat() {
  const { conversation, view, failure, retry, startAnew } = useConversation();
  const [problem, setProblem] = useState("");

  /** Do something that may fail, and say so if it does. */
  const attempt = (doing: Promise<unknown>): void => {
    setProblem("");
    doing.catch((error: unknown) => setProblem(error instanceof Error ? error.message : String(error)));
  };

  const waits = view?.queued.length ? "Your message waits until this turn ends." : "";
  const note = problem || failure || waits || view?.remark;
  return (
    <>
      <header>
        <h1>Chat</h1>
        <button type="button" onClick={startAnew}>
          New chat
        </button>
      </header>
      <main>
        <Messages items={view?.items ?? []} running={view?.running ?? false} waiting={Boolean(view?.requests.length)} />
        {conversation && view?.requests.length ? (
          <section aria-label="Waiting for you" className="requests">
            {view.requests.map((request) => (
              <RequestCard key={keyOf(request)} request={request} session={conversation.session} attempt={attempt} />
            ))}
          </section>
        ) : null}
      </main>
      <footer>
        <p role="status" className="note">
          {view?.ended ? "This conversation has ended." : note}
          {failure && (
            <button type="button" onClick={retry}>
              Connect again
            </button>
          )}
        </p>
        {conversation && (
          <Composer
            conversation={conversation}
            running={view?.running ?? false}
            disabled={view?.ended ?? false}
            attempt={attempt}
          />
        )}
      </footer>
    </>
  );
}
