"""What the HTTP side was started with."""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["BODY_LIMIT", "KEEP_ALIVE", "PATIENCE", "Cors", "ServerSettings"]

BODY_LIMIT = 32 * 1024 * 1024
KEEP_ALIVE = 15.0
PATIENCE = 30.0


@dataclass(frozen=True, kw_only=True)
class Cors:
    """Which pages of other origins may read our answers. No methods or headers named: all of them."""

    origins: tuple[str, ...] = ()
    methods: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    credentials: bool = False


@dataclass(frozen=True, kw_only=True)
class ServerSettings:
    """Passed by argument; there are no globals."""

    token: str | None = None
    """Without one everybody who reaches the port is let in."""
    loopback: bool = True
    """The port is reachable from this machine only, so without a token the Host and Origin headers are checked."""
    host: str = "127.0.0.1"
    """As it was bound."""
    cors: Cors = field(default_factory=Cors)
    body_limit: int = BODY_LIMIT
    """Bytes."""
    keep_alive: float = KEEP_ALIVE
    """Seconds of silence after which a stream sends a comment."""
    patience: float = PATIENCE
    """Seconds a client may take for the head of a request, or be silent in the middle of its body."""
    log_requests: bool = True
    log_headers: bool = False
