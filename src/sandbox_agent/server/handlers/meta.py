"""The API about itself."""

from __future__ import annotations

import asyncio
from functools import cache

from sandbox_agent.server.asgi import Reply, Request, Response
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.query import NoQuery

__all__ = ["openapi"]


async def openapi(_daemon: Daemon, _request: Request[None, NoQuery]) -> Response:
    """The OpenAPI document; made when it is first asked for."""
    return await asyncio.to_thread(_document)


@cache
def _document() -> Reply:
    from sandbox_agent.server.endpoints import ENDPOINTS  # noqa: PLC0415 - the table names this handler
    from sandbox_agent.server.openapi import document_json  # noqa: PLC0415 - few ask for it, all start without it

    return Reply(200, document_json(ENDPOINTS), ((b"content-type", b"application/json"),))
