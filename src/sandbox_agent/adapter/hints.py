"""What to do when an agent cannot log in: its own words often name a command that is only there in its own terminal."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox_agent.adapter.environment import KEYS

__all__ = ["hint_of"]

_CODES = frozenset({"authentication_failed", "not_logged_in"})


def hint_of(code: str | None, agent: str, credentials: Sequence[str]) -> str | None:
    """A sentence for whoever runs the agent; None for an error of which no more is known than it says itself.

    `credentials`: the providers whose keys the agent takes, as in `Agent.credentials`.
    """
    if code not in _CODES:
        return None
    names = [KEYS[provider][0] for provider in credentials if provider in KEYS]
    key = f"set {' or '.join(names)} in the environment of sandbox-agent, or log" if names else "log"
    return f"{key} in with {agent}'s own command; `sandbox-agent credentials extract` shows what is found"
