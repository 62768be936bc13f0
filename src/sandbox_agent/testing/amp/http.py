"""Reads one HTTP request and writes its answer; every connection is closed after it, unless it becomes a WebSocket."""

from __future__ import annotations

import asyncio
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec

from sandbox_agent.schema.base import encode

__all__ = ["Request", "answer", "read_request", "upgrade"]


class Request(NamedTuple):
    """What was asked."""

    method: str
    path: str
    query: dict[str, list[str]]
    """A parameter without a value is there with an empty one."""
    headers: dict[str, str]
    """Names in lower case."""
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        """The body; empty when it is no object."""
        try:
            return msgspec.json.decode(self.body, type=dict[str, Any])
        except msgspec.DecodeError:
            return {}


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """The next request, None when there is none."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.split("\r\n")
        method, target, _ = first.split(" ", 2)
        headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        body = await reader.readexactly(int(headers.get("content-length") or 0))
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, ValueError):
        return None
    url = urlsplit(target)
    return Request(method, url.path, parse_qs(url.query, keep_blank_values=True), headers, body)


def answer(value: Any, status: int = 200) -> bytes:
    """A response with a JSON body, the last one on its connection."""
    body = encode(value)
    head = f"HTTP/1.1 {status} Scripted\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    return f"{head}connection: close\r\n\r\n".encode() + body


def upgrade(accept: str, protocol: str) -> bytes:
    """The response that begins a WebSocket."""
    lines = (
        "HTTP/1.1 101 Switching Protocols",
        "upgrade: websocket",
        "connection: Upgrade",
        f"sec-websocket-accept: {accept}",
        f"sec-websocket-protocol: {protocol}",
    )
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()
