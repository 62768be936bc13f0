"""Event streams on standard output: each event as soon as it is there."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TypeAlias

import httpx

from sandbox_agent.adapter.frames import SseDecoder, SseFrame
from sandbox_agent.cli.connection import Failed

__all__ = ["STREAM_TIMEOUT", "print_stream"]

STREAM_TIMEOUT = httpx.Timeout(connect=5, read=45, write=30, pool=None)
"""Seconds. A stream says something at least every 15 s, so 45 s of silence are a dead connection."""

_Show: TypeAlias = Callable[[bytes, list[SseFrame]], None]


def print_stream(response: httpx.Response, args: argparse.Namespace) -> None:
    """Print the events of a response until it ends. Raises `Failed`, with the place to go on from, when it breaks."""
    decoder = SseDecoder()
    show = _PRINTERS[args.output]()
    last = None
    try:
        for chunk in response.iter_raw():
            frames = [frame for frame in decoder.feed(chunk) if frame.event is None]  # the others are heartbeats
            last = frames[-1].id if frames else last
            show(chunk, frames)
    except httpx.HTTPError as problem:
        seen = f"; the events after the last one shown: sessions events-sse ID --offset {last}" if last else ""
        raise Failed(f"the stream broke: {str(problem) or type(problem).__name__}{seen}") from problem
    except KeyboardInterrupt:
        print("\nNo longer watching; the session goes on. `sessions interrupt ID` ends its turn.", file=sys.stderr)
        raise


def _as_it_comes() -> _Show:
    def show(chunk: bytes, _frames: list[SseFrame]) -> None:
        sys.stdout.buffer.write(chunk)
        sys.stdout.buffer.flush()

    return show


def _lines() -> _Show:
    def show(_chunk: bytes, frames: list[SseFrame]) -> None:
        sys.stdout.buffer.writelines(frame.data + b"\n" for frame in frames)
        sys.stdout.buffer.flush()

    return show


def _pretty() -> _Show:
    from rich.console import Console  # noqa: PLC0415 - slow to import, and only this way of printing needs it

    from sandbox_agent.cli.render import Renderer  # noqa: PLC0415
    from sandbox_agent.schema.events import decode_event  # noqa: PLC0415

    renderer = Renderer(Console(highlight=False))

    def show(_chunk: bytes, frames: list[SseFrame]) -> None:
        for frame in frames:
            renderer.show(decode_event(frame.data))

    return show


_PRINTERS: dict[str | None, Callable[[], _Show]] = {None: _as_it_comes, "json": _lines, "pretty": _pretty}
