"""What every event stream of ours does alike, whatever it reads: its head at once, and then its end."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from sandbox_agent.server.asgi import Header, Send

__all__ = ["COMMENT", "stream"]

COMMENT = b": keep-alive\n\n"
"""Breaks a silence; parsers pass over it."""

_HEADERS: tuple[Header, ...] = (
    (b"content-type", b"text/event-stream"),
    (b"cache-control", b"no-cache"),
    (b"x-accel-buffering", b"no"),
)


async def stream(
    send: Send, headers: Sequence[Header], frames: Callable[[], Awaitable[None]], *, head: bool, hello: bytes = b""
) -> None:
    """Send the head and `hello`, whatever `frames` sends, and the end; of a HEAD request only the head.

    Raises what `frames` raises, without an end: the client must see that something was cut off.
    """
    await send({"type": "http.response.start", "status": 200, "headers": [*_HEADERS, *headers]})
    # Even an empty chunk makes the head go out now, not with the first event.
    await send({"type": "http.response.body", "body": b"" if head else hello, "more_body": not head})
    if not head:
        await frames()
        await send({"type": "http.response.body", "body": b""})
