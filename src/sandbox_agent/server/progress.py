"""Work that takes long as a response: server-sent events about how far it is, and what came of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, TypeAlias

from sandbox_agent.schema.base import Model, encode
from sandbox_agent.server.asgi import Header, Receive, Send, disconnected
from sandbox_agent.server.stream import COMMENT, stream

__all__ = ["Progress", "Report"]

Report: TypeAlias = Callable[[Model], None]


class Progress:
    """Runs `work`, which is given what to report with, when it is sent; cancels it when the client leaves."""

    status = 200

    def __init__(self, work: Callable[[Report], Coroutine[Any, Any, Model]], *, keep_alive: float) -> None:
        self._work = work
        self._keep_alive = keep_alive

    async def send(self, receive: Receive, send: Send, extra: Sequence[Header], *, head: bool) -> None:
        """See `Response`."""
        await stream(send, extra, lambda: self._follow(receive, send), head=head)

    async def _follow(self, receive: Receive, send: Send) -> None:
        reports: asyncio.Queue[Model | None] = asyncio.Queue()
        work = asyncio.create_task(self._run(reports))
        gone = asyncio.create_task(_end_with(receive, reports))
        try:
            while (report := await self._next(reports)) is not None and not gone.done():
                await send({"type": "http.response.body", "body": _frame(report), "more_body": True})
        finally:
            for task in (work, gone):
                task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await asyncio.gather(work, gone, return_exceptions=True)

    async def _run(self, reports: asyncio.Queue[Model | None]) -> None:
        reports.put_nowait(await self._work(reports.put_nowait))
        reports.put_nowait(None)

    async def _next(self, reports: asyncio.Queue[Model | None]) -> Model | bytes | None:
        """The next report, or a comment to break the silence; None at the end."""
        try:
            async with asyncio.timeout(self._keep_alive):
                return await reports.get()
        except TimeoutError:
            return COMMENT


def _frame(report: Model | bytes) -> bytes:
    return report if isinstance(report, bytes) else b"data: %b\n\n" % encode(report)


async def _end_with(receive: Receive, reports: asyncio.Queue[Model | None]) -> None:
    await disconnected(receive)
    reports.put_nowait(None)
