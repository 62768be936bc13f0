"""The chat page and its agent behind one address: `npm run build`, then `python -m uvicorn backend:app`.

The daemon and its token stay here. The page speaks the daemon's own API, so it can use the client for browsers as it
is, but of that API a visitor reaches one session, and the session is made as we say. Needs `pip install fastapi`.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import StreamingResponse
from fastapi.staticfiles import StaticFiles

from sandbox_agent import AsyncSandboxAgent

AGENT = os.environ.get("CHAT_AGENT", "mock")
PAGE = Path(os.environ.get("CHAT_PAGE") or Path(__file__).with_name("dist"))
SESSION = r"/v1/sessions/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}"
CALLS = re.compile(
    rf"GET {SESSION}(/events(/sse)?)?|"
    rf"POST {SESSION}/(messages|interrupt|permissions/[^/]+/reply|questions/[^/]+/(reply|reject))"
)
ASKED = ("accept", "content-type", "last-event-id")
PATIENCE = 900  # seconds: the first session may have to install its agent
ANSWERED = ("content-type", "cache-control", "sandbox-agent-log")


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
    """The daemon lives as long as the backend."""
    async with AsyncSandboxAgent.start() as client:
        headers = {"authorization": f"Bearer {client.token}"}
        async with httpx.AsyncClient(
            base_url=client.base_url, headers=headers, timeout=PATIENCE, trust_env=False
        ) as daemon:
            app.state.daemon = daemon
            yield


app = FastAPI(lifespan=lifespan)


async def pass_on(request: Request, *, json: object = None, content: bytes | None = None) -> StreamingResponse:
    """The daemon's answer, as it comes."""
    daemon: httpx.AsyncClient = request.app.state.daemon
    headers = {name: request.headers[name] for name in ASKED if name in request.headers and json is None}
    target = httpx.URL(request.scope["raw_path"].decode(), query=request.scope["query_string"])
    asked = daemon.build_request(request.method, target, headers=headers, json=json, content=content)
    answer = await daemon.send(asked, stream=True)

    async def body() -> AsyncGenerator[bytes]:
        try:
            async for piece in answer.aiter_bytes():
                yield piece
        finally:
            await answer.aclose()

    told = {name: answer.headers[name] for name in ANSWERED if name in answer.headers}
    return StreamingResponse(body(), answer.status_code, told)


@app.post("/v1/sessions/{session_id}")
async def create(request: Request, session_id: str) -> StreamingResponse:
    """A conversation with our agent, whichever one the page asks for.

    Its id cannot be guessed, and whoever has it may talk there. Where you have users, remember here whose it is, and
    compare in `call`.
    """
    if not re.fullmatch(SESSION, f"/v1/sessions/{session_id}"):
        raise HTTPException(400, "the id of a session is a UUID")
    return await pass_on(request, json={"agent": AGENT, "permissionMode": "default"})


@app.api_route("/v1/{path:path}", methods=["GET", "POST"])
async def call(request: Request) -> StreamingResponse:
    """What a page may do with its session, and nothing else."""
    if not CALLS.fullmatch(f"{request.method} {request.scope['raw_path'].decode()}"):
        raise HTTPException(404)
    return await pass_on(request, content=await request.body() or None)


app.mount("/", StaticFiles(directory=PAGE, html=True))
