"""A FastAPI backend between browsers and an agent: `python -m uvicorn web_backend:app`.

The browser never sees the daemon or its token. It posts messages and answers, and reads events with `EventSource`,
which reconnects and tells the last id it has; the relay goes on after that one. Needs `pip install fastapi`.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

from fastapi import FastAPI, Header, HTTPException, Request
from fastapi.responses import HTMLResponse, StreamingResponse
from pydantic import BaseModel

from sandbox_agent import ApiError, AsyncSandboxAgent, AsyncSession
from sandbox_agent.schema.events import encode_event

PAGE = """<!doctype html><title>Chat</title><pre id="log"></pre>
<form><input name="text" autofocus> <button>Send</button></form>
<script>
const log = document.getElementById("log"), post = (path, body) =>
  fetch(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
new EventSource("events").onmessage = ({ data }) => {
  const { type, data: said } = JSON.parse(data);
  if (type === "item.delta") log.append(said.delta);
  if (type === "turn.ended") log.append("\\n");
  if (type === "permission.requested")
    post(`permissions/${said.permission_id}`, { reply: confirm(said.action) ? "once" : "reject" });
};
document.forms[0].onsubmit = (event) => {
  event.preventDefault();
  post("messages", { text: event.target.text.value });
  event.target.reset();
};
</script>"""


class Message(BaseModel):
    """What the person says."""

    text: str


class Answer(BaseModel):
    """What the person allows."""

    reply: Literal["once", "always", "reject"]


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """The daemon lives as long as the backend."""
    async with AsyncSandboxAgent.start() as client:
        app.state.session = await client.create_session("web", agent="mock")
        yield


app = FastAPI(lifespan=lifespan)


def session_of(request: Request) -> AsyncSession:
    """The one conversation of this backend."""
    session: AsyncSession = request.app.state.session
    return session


@app.get("/", response_class=HTMLResponse)
async def page() -> str:
    """The chat."""
    return PAGE


@app.post("/messages", status_code=202)
async def send(request: Request, message: Message) -> None:
    """Give the agent a message; what comes of it is in the events."""
    await session_of(request).send(message.text)


@app.post("/permissions/{permission_id}", status_code=204)
async def permit(request: Request, permission_id: str, answer: Answer) -> None:
    """Answer a permission."""
    try:
        await session_of(request).answer_permission(permission_id, answer.reply)
    except ApiError as error:
        raise HTTPException(error.status, str(error)) from error


@app.get("/events")
async def events(request: Request, last_event_id: Annotated[int, Header()] = 0) -> StreamingResponse:
    """All events after the last one the browser has."""

    async def relay() -> AsyncGenerator[bytes]:
        async with session_of(request).stream(offset=last_event_id) as stream:
            async for event in stream:
                yield b"id: %d\ndata: %b\n\n" % (event.sequence, encode_event(event))

    return StreamingResponse(relay(), media_type="text/event-stream")
