"""What handlers work with."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.files import Files
from sandbox_agent.runtime.readiness import Readiness
from sandbox_agent.runtime.sessions import Sessions
from sandbox_agent.server.metrics import Metrics

__all__ = ["Daemon"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Daemon:
    """The runtime, as the HTTP side sees it."""

    sessions: Sessions
    catalog: Catalog
    files: Files
    readiness: Readiness
    metrics: Metrics
    keep_alive: float
    """Seconds of silence after which a stream sends a comment."""
