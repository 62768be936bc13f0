"""Keep a conversation in a file and show it later: `python persist_and_replay.py chat.db "hello"`.

Without a message it shows what is in the file; no server is needed for that.
"""

from __future__ import annotations

import sys

from sandbox_agent import SandboxAgent, SQLiteStore, TextPart, Transcript
from sandbox_agent.stores import read


def talk(store: SQLiteStore, message: str) -> None:
    """One turn; each event is in the store before it is shown."""
    with SandboxAgent.start(store=store) as client, client.create_session("chat", agent="mock") as session:
        session.send(message).wait()


def replay(store: SQLiteStore) -> None:
    """Every conversation in the store, oldest first."""
    for log in store.logs("chat"):
        transcript = Transcript()
        for event in read(store, "chat", log):
            transcript.feed(event)
        for item in transcript.items:
            print(f"{item.role}: {' '.join(part.text for part in item.content if isinstance(part, TextPart))}")


def main(path: str, *messages: str) -> None:
    """Say each message in a conversation of its own, then show all there ever were."""
    with SQLiteStore(path) as store:
        for message in messages:
            talk(store, message)
        replay(store)


if __name__ == "__main__":
    main(*sys.argv[1:])
