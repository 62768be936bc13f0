"""Passes on what only an OpenCode can answer, where OPENCODE_COMPAT_PROXY_URL names one."""

from __future__ import annotations

from urllib.parse import urlsplit

import httpx

from sandbox_agent.schema.errors import InvalidRequest, StreamError
from sandbox_agent.server.asgi import Reply, Scope

__all__ = ["pass_on"]

_MARK = "x-sandbox-agent-proxied"
_PATIENCE = 30.0
_PASSED = ("content-type", "accept", "x-opencode-directory")
"""Nothing of ours goes on: not the token, not cookies."""


async def pass_on(base: str, path: str, scope: Scope, body: bytes) -> Reply:
    """The answer of the server at `base`. Raises `StreamError` when there is none, `InvalidRequest` for a circle."""
    sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    if _MARK in sent:
        raise InvalidRequest("OPENCODE_COMPAT_PROXY_URL leads back to this server")
    place = urlsplit(base)
    headers = {name: sent[name] for name in _PASSED if name in sent} | {_MARK: "1"}
    url = f"{place.scheme}://{place.netloc.rpartition('@')[2]}{place.path.rstrip('/')}{path}"
    login = (place.username or "opencode", place.password) if place.password else None
    query = scope["query_string"].decode("latin-1")
    try:
        async with httpx.AsyncClient(timeout=_PATIENCE, trust_env=False) as client:
            target = f"{url}?{query}" if query else url
            answer = await client.request(scope["method"], target, content=body, headers=headers, auth=login)
    except httpx.HTTPError as error:
        raise StreamError(f"the OpenCode server does not answer: {type(error).__name__}") from error
    content_type = answer.headers.get("content-type", "application/json")
    return Reply(answer.status_code, answer.content, ((b"content-type", content_type.encode("latin-1")),))
