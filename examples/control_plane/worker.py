"""Brings every event of every session into PostgreSQL and on to Redis: `python -m control_plane.worker`.

It may be killed at any time, and there may be several: the store and Redis both take each event once.
"""

from __future__ import annotations

import asyncio
import sys

from sandbox_agent import LogReplaced, SessionNotFound

from .feed import TROUBLE
from .fleet import Fleet
from .registry import Session

PAUSE = 0.5
"""Seconds between two looks for new sessions, and before something is tried again."""


async def relay(fleet: Fleet, session: Session) -> None:
    """Until the session has ended and all its events have arrived, whatever fails meanwhile."""
    while True:
        try:
            await fleet.ensure(session)
            await fleet.feed.catch_up(session.id)
            if await follow(fleet, session):
                await fleet.registry.mark(session.id, "closed")
                return
        except (SessionNotFound, LogReplaced):
            pass  # the daemon began anew: so does the session, in a log of its own
        except TROUBLE as error:
            print(f"{session.id}: {error!r}; again in {PAUSE} s", file=sys.stderr, flush=True)
            await asyncio.sleep(PAUSE)


async def follow(fleet: Fleet, session: Session) -> bool:
    """Publish what comes, after it was stored; whether the session has ended for good."""
    agent = await fleet.session(session)
    number = 0
    async with agent.stream(offset="stored") as events:
        async for event in events:
            number = number or await fleet.feed.number(session.id)
            await fleet.feed.publish(session.id, (number, event.sequence), event)
    return (await agent.info()).ended


async def main() -> None:
    """One task for each session that is not closed."""
    relays: dict[str, asyncio.Task[None]] = {}
    async with Fleet.open() as fleet, asyncio.TaskGroup() as group:
        while True:
            try:
                for session in await fleet.registry.live():
                    if session.id not in relays:
                        relays[session.id] = group.create_task(relay(fleet, session))
            except TROUBLE as error:
                print(f"no sessions to be had: {error!r}", file=sys.stderr, flush=True)
            await asyncio.sleep(PAUSE)


if __name__ == "__main__":
    asyncio.run(main())
