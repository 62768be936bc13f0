"""How a source of skills is named in a problem: never with the password that its URL may hold. Pure."""

from __future__ import annotations

import re

from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["shown", "source_error", "without_passwords"]

_USER = re.compile(r"(?<=://)[^/@\s]+@")


def without_passwords(text: str) -> str:
    """A text with the user and password of each URL left out."""
    return _USER.sub("", text)


def shown(source: SkillSource) -> str:
    """A source and its type, as they may be shown."""
    return f"{without_passwords(source.source)} ({source.type})"


def source_error(source: SkillSource, text: str, *, hint: str | None = None) -> InvalidRequest:
    """What is wrong with a source; `{}` in the text stands for it."""
    return InvalidRequest(text.format(shown(source)), hint=hint)
