"""One credential, and how it may be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

__all__ = ["AuthType", "Credential", "redacted"]

AuthType: TypeAlias = Literal["api_key", "oauth"]
_SHOWN = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Credential:
    """A key or a login. Its text is left out of `repr`, so that it gets into no log and no traceback."""

    provider: str
    source: str
    """`environment`, or the agent that keeps it: `amp`, `claude-code`, `codex`, `opencode`."""
    auth_type: AuthType
    api_key: str = field(repr=False)
    expires: float | None = None
    """Seconds since the epoch."""
    renewable: bool = False
    """The agent that keeps it can get a new one when it has run out."""
    variable: str | None = None
    """The environment variable it was found in."""

    def usable(self, now: float) -> bool:
        """Whether it can be used as it is."""
        return self.expires is None or self.expires > now


def redacted(secret: str) -> str:
    """A secret as it may be shown: its ends, or nothing of it when it is short. Source: the 0.1.x contract."""
    trimmed = secret.strip()
    return "****" if len(trimmed) <= 2 * _SHOWN else f"{trimmed[:_SHOWN]}...{trimmed[-_SHOWN:]}"
