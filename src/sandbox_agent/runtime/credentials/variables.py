"""Credentials as environment variables. A login goes under a name of its own: as an API key it would not work."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sandbox_agent.adapter.environment import KEYS, LOGINS
from sandbox_agent.runtime.credentials.credential import Credential
from sandbox_agent.runtime.credentials.discovery import Credentials

__all__ = ["variables"]


def variables(credentials: Credentials) -> Mapping[str, str]:
    """Names and values, in a fixed order."""
    others = [credentials.other[name] for name in sorted(credentials.other)]
    found = [each for each in (credentials.anthropic, credentials.openai, *others) if each is not None]
    return {name: each.api_key for each in found for name in _names(each)}


def _names(credential: Credential) -> tuple[str, ...]:
    provider = credential.provider
    if credential.auth_type == "api_key":
        return KEYS.get(provider) or (f"{_word(provider)}_API_KEY",)
    if credential.variable is not None:
        return (credential.variable,)
    return LOGINS.get(provider, ())[:1] or (f"{_word(provider)}_OAUTH_TOKEN",)


def _word(provider: str) -> str:
    word = re.sub(r"[^A-Z0-9]", "_", provider.upper())
    return word if word[:1].isalpha() else f"_{word}"
