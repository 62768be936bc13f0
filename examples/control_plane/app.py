"""The control plane for browsers: `python -m uvicorn control_plane.app:app`. It keeps nothing, so there may be many.

Who may do what is yours to add: nobody is asked for anything here. Sandboxes and their tokens are never shown.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Literal, TypeAlias

from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse, StreamingResponse
from pydantic import BaseModel

from sandbox_agent import ApiError, AsyncSession

from .feed import TROUBLE, position
from .fleet import Fleet
from .registry import Session


class NewSession(BaseModel):
    """Which agent shall work."""

    agent: str


class Message(BaseModel):
    """What the person says."""

    text: str


class Answer(BaseModel):
    """What the person allows."""

    reply: Literal["once", "always", "reject"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """Sandboxes outlive us."""
    async with Fleet.open() as fleet:
        app.state.fleet = fleet
        yield


app = FastAPI(lifespan=lifespan)


async def unavailable(_request: Request, error: Exception) -> JSONResponse:
    """What a daemon refuses is refused here too; what cannot be reached now comes back."""
    if isinstance(error, ApiError):
        return JSONResponse({"detail": str(error)}, error.status)
    return JSONResponse({"detail": "try again"}, 503, headers={"retry-after": "1"})


for kind in TROUBLE:
    app.add_exception_handler(kind, unavailable)


def the_fleet(request: Request) -> Fleet:
    """Of this process."""
    fleet: Fleet = request.app.state.fleet
    return fleet


TheFleet: TypeAlias = Annotated[Fleet, Depends(the_fleet)]


async def found(session_id: str, fleet: TheFleet) -> Session:
    """The session of the path."""
    session = await fleet.registry.find(session_id)
    if session is None:
        raise HTTPException(404, f"no session {session_id}")
    return session


Found: TypeAlias = Annotated[Session, Depends(found)]


async def reached(session: Found, fleet: TheFleet) -> AsyncSession:
    """The same, in its sandbox."""
    return await fleet.session(session)


Reached: TypeAlias = Annotated[AsyncSession, Depends(reached)]


@app.put("/sessions/{session_id}", status_code=204)
async def create(session_id: str, new: NewSession, fleet: TheFleet) -> None:
    """Create a session under an id of the client's choice, so that it may ask twice; returns when it can be used."""
    await fleet.registry.add(session_id, new.agent)
    await fleet.ensure(await found(session_id, fleet))


@app.delete("/sessions/{session_id}", status_code=204)
async def close(session: Found, fleet: TheFleet) -> None:
    """End a session; its events stay."""
    await fleet.registry.mark(session.id, "closing")
    await (await fleet.session(session)).terminate()


@app.post("/sessions/{session_id}/messages", status_code=202)
async def send(session: Reached, message: Message) -> None:
    """Give the agent a message; what comes of it is in the events."""
    await session.send(message.text)


@app.post("/sessions/{session_id}/permissions/{permission_id}", status_code=204)
async def permit(session: Reached, permission_id: str, answer: Answer) -> None:
    """Answer a permission. The same answer twice is one answer."""
    await session.answer_permission(permission_id, answer.reply)


@app.get("/sessions/{session_id}/events")
async def events(
    session: Found,
    fleet: TheFleet,
    last_event_id: Annotated[str, Header(pattern=r"^\d{1,9}-\d{1,18}$")] = "0-0",
) -> StreamingResponse:
    """All events after the last one that the browser has; `EventSource` reconnects by itself and says which it was."""

    async def frames() -> AsyncGenerator[bytes]:
        async for entry in fleet.feed.follow(session.id, position(last_event_id)):
            yield b":\n\n" if entry is None else b"id: %d-%d\ndata: %b\n\n" % (*entry[0], entry[1])

    return StreamingResponse(frames(), media_type="text/event-stream", headers={"cache-control": "no-store"})
