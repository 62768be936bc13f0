"""Opens the kind of link that an adapter asks for."""

from __future__ import annotations

from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime.link import Link, Sink
from sandbox_agent.runtime.scripted import open_scripted
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.stdio import open_stdio

__all__ = ["open_link"]


async def open_link(spawn: Spawn, sink: Sink, settings: Settings) -> Link:
    """Start the agent; from now on it speaks to `sink`.

    Raises `LinkFailed`. Does not wait for anything, so it cannot be cancelled half-way: either there is a link, which
    the caller closes, or there is no process.
    """
    match spawn.link:
        case "stdio":
            return open_stdio(spawn, sink, settings)
        case "http":
            # Loading an HTTP client takes time and memory that a daemon without such agents shall not spend.
            from sandbox_agent.runtime.http import open_http  # noqa: PLC0415

            return open_http(spawn, sink, settings)
        case "scripted":
            return open_scripted(spawn, sink, settings)
