"""All credentials, in the order in which they count."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sandbox_agent.runtime.credentials import sources
from sandbox_agent.runtime.credentials.credential import Credential
from sandbox_agent.runtime.settings import home_folder

__all__ = ["Credentials", "candidates", "discover", "providers_with_credentials"]


@dataclass(frozen=True, kw_only=True)
class Credentials:
    """The best credential for each provider."""

    anthropic: Credential | None = None
    openai: Credential | None = None
    other: Mapping[str, Credential] = field(default_factory=dict[str, Credential])

    def of(self, provider: str) -> Credential | None:
        """A provider's credential."""
        named = {"anthropic": self.anthropic, "openai": self.openai}
        return named[provider] if provider in named else self.other.get(provider)


def discover(
    environ: Mapping[str, str], home: Path | None = None, *, oauth: bool = True, now: float | None = None
) -> Credentials:
    """What can be used as it is. Reads files; those that cannot be read hold nothing.

    `home`: where the agents' folders are, the user's own when None. `oauth`: logins count too. `now`: seconds since
    the epoch.
    """
    now = time.time() if now is None else now
    best: dict[str, Credential] = {}
    for each in candidates(environ, home):
        if each.usable(now) and (oauth or each.auth_type == "api_key"):
            best.setdefault(each.provider, each)
    return Credentials(anthropic=best.pop("anthropic", None), openai=best.pop("openai", None), other=best)


def providers_with_credentials(
    environ: Mapping[str, str], home: Path | None = None, *, now: float | None = None
) -> frozenset[str]:
    """The providers, by name, that an agent could use right now: with what is there, or by renewing it."""
    now = time.time() if now is None else now
    return frozenset(each.provider for each in candidates(environ, home) if each.renewable or each.usable(now))


def candidates(environ: Mapping[str, str], home: Path | None = None) -> Iterator[Credential]:
    """All that is there, the best of each provider first, also what has run out."""
    home = home or home_folder(environ)
    yield from sources.environment(environ)
    yield from sources.amp(environ, home)
    yield from sources.claude(environ, home)
    yield from sources.codex(environ, home)
    yield from sources.opencode(environ, home)
