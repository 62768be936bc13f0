"""What became of the shared servers of one executable, for those who ask how it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from sandbox_agent.adapter import Exited
from sandbox_agent.schema.api import ServerStatus

__all__ = ["Life", "Tally", "server_status"]


@dataclass(eq=False)
class Life:
    """One server, from its start to its end."""

    since: float
    """Loop time, in seconds."""
    url: Callable[[], str | None] = field(default=lambda: None)
    """Where it listens, if it does and it is known."""


@dataclass
class Tally:
    """All of an executable's servers."""

    lives: list[Life] = field(default_factory=list[Life])
    """Of those that run, oldest first."""
    restarts: int = 0
    """Starts after an end that nobody wanted."""
    error: str | None = None
    """How the last one ended, when nobody wanted it to."""

    def begin(self, life: Life) -> None:
        """A server runs."""
        self.restarts += self.error is not None
        self.error = None
        self.lives.append(life)

    def end(self, life: Life, exit: Exited, *, wanted: bool) -> None:
        """It is gone."""
        if life in self.lives:
            self.lives.remove(life)
            self.error = None if wanted else _words(exit)

    def failed(self, reason: str) -> None:
        """One could not be started."""
        self.restarts += self.error is not None
        self.error = reason


def server_status(tallies: Iterable[Tally], now: float) -> ServerStatus:
    """The state that an agent's executables are in together. `now`: loop time."""
    found = list(tallies)
    restarts = sum(tally.restarts for tally in found)
    error = next((tally.error for tally in found if tally.error is not None), None)
    oldest = min((life for tally in found for life in tally.lives), key=lambda life: life.since, default=None)
    if oldest is None:
        return ServerStatus(status="stopped" if error is None else "error", restart_count=restarts, last_error=error)
    return ServerStatus(
        status="running",
        restart_count=restarts,
        base_url=oldest.url(),
        uptime_ms=round((now - oldest.since) * 1000),
        last_error=error,
    )


def _words(exit: Exited) -> str:
    if exit.error is not None:
        return exit.error
    if exit.exit_code is None:
        return "it ended"
    return f"it ended with status {exit.exit_code}" if exit.exit_code >= 0 else f"signal {-exit.exit_code} ended it"
