"""Finish a task though the daemon may die: `python resume.py claude work.db "Refactor this folder"`.

Every event is in the store. A new daemon knows nothing of the session, but the agent kept the conversation itself,
under the native id that each event carries: the next session goes on with that one.
"""

from __future__ import annotations

import sys

from sandbox_agent import ConnectionFailed, ItemDelta, SandboxAgent, SQLiteStore, Store, TextPart, Transcript
from sandbox_agent.stores import read

SESSION = "work"
ATTEMPTS = 3


def native_id(store: Store) -> str | None:
    """Under which id the agent kept the conversation, as the newest event says that has it."""
    events = (event for log in reversed(store.logs(SESSION)) for event in reversed(list(read(store, SESSION, log))))
    return next((event.native_session_id for event in events if event.native_session_id), None)


def work(store: Store, agent: str, message: str) -> None:
    """One turn of a daemon of our own. Raises `ConnectionFailed` when that dies."""
    with SandboxAgent.start(store=store) as client:
        session = client.create_session(SESSION, agent=agent, resume=native_id(store))
        for event in session.send(message, on_permission=lambda _: "once"):
            if isinstance(event.data, ItemDelta):
                print(event.data.delta, end="", flush=True)
    print()


def replay(store: Store) -> None:
    """Show what was said, by whichever daemon."""
    for log in store.logs(SESSION):
        transcript = Transcript()
        for event in read(store, SESSION, log):
            transcript.feed(event)
        for item in transcript.items:
            words = " ".join(part.text for part in item.content if isinstance(part, TextPart))
            print(f"{item.role} ({item.status}): {words}")


def main(agent: str, path: str, task: str) -> None:
    """Work until a turn has ended, then show all of it."""
    message = task
    with SQLiteStore(path) as store:
        for _ in range(ATTEMPTS):
            try:
                work(store, agent, message)
                break
            except ConnectionFailed:
                print("\n-- the daemon is gone, a new one goes on --", flush=True)
                message = "You were interrupted. Go on where you stopped."
        replay(store)


if __name__ == "__main__":
    main(*sys.argv[1:])
