"""Which credentials of other tools an agent is started with, as environment variables.

An agent reads what it keeps itself, and renews it; that is never copied, or one copy would make the other worthless.
For the same reason nobody else's login is passed on that its owner renews.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from sandbox_agent.adapter import Agent
from sandbox_agent.adapter.environment import KEYS, LOGINS
from sandbox_agent.runtime.credentials.credential import Credential
from sandbox_agent.runtime.credentials.discovery import candidates

__all__ = ["injected"]


def injected(
    agent: Agent, environ: Mapping[str, str], home: Path | None = None, *, now: float | None = None
) -> dict[str, str]:
    """What to add to `environ` so that the agent can log in; nothing when it can already, or when there is nothing.

    Reads files. `home`: where the agents' folders are. `now`: seconds since the epoch.
    """
    now = time.time() if now is None else now
    found = list(candidates(environ, home))
    added: dict[str, str] = {}
    for provider in agent.credentials:
        of_it = [each for each in found if each.provider == provider]
        if any(each.source == agent.keeps and (each.renewable or each.usable(now)) for each in of_it):
            of_it = [each for each in of_it if each.source == "environment"]
        names = ((each, _names(agent, each)) for each in of_it if each.usable(now) and not each.renewable)
        best, variables = next(((each, names) for each, names in names if names), (None, ()))
        if best is not None and best.variable not in variables[:1]:
            added.update(dict.fromkeys(variables, best.api_key))
    return added


def _names(agent: Agent, credential: Credential) -> tuple[str, ...]:
    if credential.auth_type == "api_key":
        return KEYS.get(credential.provider, ())
    if credential.source == "environment" and credential.variable:
        return (credential.variable,)
    return LOGINS.get(credential.provider, ())[:1] if agent.takes_logins else ()
