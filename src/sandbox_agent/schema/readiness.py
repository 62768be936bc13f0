"""What `GET /v1/ready` says. Keys are camelCase on the wire, as in `schema.api`."""

from __future__ import annotations

from typing import Literal

from sandbox_agent.schema.base import CamelModel

__all__ = ["Lack", "Readiness", "ReadyAgent"]


class Lack(CamelModel, omit_defaults=True):
    """One thing that is missing for the server to be ready."""

    what: Literal["agent", "version", "credentials", "dataFolder", "room", "descriptors"]
    detail: str
    """In words."""
    agent: str | None = None
    """Whose it is; absent where the server itself lacks it."""
    hint: str | None = None
    """What to do about it."""


class ReadyAgent(CamelModel, omit_defaults=True):
    """One agent that readiness was asked for."""

    id: str
    installed: bool
    credentials_available: bool
    version: str | None = None


class Readiness(CamelModel):
    """Answer of `GET /v1/ready`, and the `details` of the problem `not_ready`.

    Whoever asks without the server's token sees `ready` only.
    """

    ready: bool
    agents: tuple[ReadyAgent, ...] = ()
    missing: tuple[Lack, ...] = ()
