"""What to do when an agent cannot log in: its own words often name a command that is only there in its own terminal."""

from __future__ import annotations

from sandbox_agent.adapter.environment import KEYS
from sandbox_agent.agents import AGENTS

__all__ = ["login_hint"]

_CODES = frozenset({"not_logged_in", "authentication_failed"})


def login_hint(agent: str, code: str | None) -> str | None:
    """A sentence for the person at the terminal; None for another error and for an agent that is not known."""
    known = AGENTS.get(agent)
    if known is None or code not in _CODES:
        return None
    names = [KEYS[provider][0] for provider in known.credentials if provider in KEYS]
    key = f"set {' or '.join(names)}, or log" if names else "log"
    return f"{key} in with {agent}'s own command; `sandbox-agent credentials extract` shows what is found"
