"""A client that answers whatever it is asked, so that every turn comes to its end, and reads what came of it."""

from __future__ import annotations

from typing import Any

__all__ = ["answered", "asked_both", "of", "types"]


def types(events: list[dict[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def of(events: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [event["data"] for event in events if event["type"] in kinds]


async def answered(running: Any, message: str, session_id: str = "s") -> list[dict[str, Any]]:
    """Send a message, allow and answer everything, and give the session's events up to the end of the turn."""
    path = f"/v1/sessions/{session_id}"
    log = running.sessions.get(session_id).log
    offset = log.last
    await running.say(message, session_id)
    async with running.patience():
        while (
            log.find(offset, frozenset({"turn.ended"})) is None or running.sessions.get(session_id).state == "running"
        ):
            last = log.last
            info = (await running.client.get(path)).json()
            for each in info["permissions"]:
                await running.client.post(f"{path}/permissions/{each['permission_id']}/reply", json={"reply": "once"})
            for each in info["questions"]:
                answers = [["Yes"] for _ in each["questions"] or [None]]
                await running.client.post(f"{path}/questions/{each['question_id']}/reply", json={"answers": answers})
            if log.last == last:
                await log.wait(last)
    events: list[dict[str, Any]] = await running.events(session_id)
    return events


async def asked_both(running: Any, message: str, session_id: str = "s") -> None:
    """Send `permission` or `question`, and wait until the two requests of it are pending."""
    await running.say(message, session_id)
    session = running.sessions.get(session_id)
    async with running.patience():
        while len(session.pending) < 2:
            await session.log.wait(session.log.last)
