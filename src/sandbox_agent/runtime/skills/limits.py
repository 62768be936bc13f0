"""How much a source of skills may be. They are texts and a few scripts."""

from __future__ import annotations

import os
from pathlib import Path

from sandbox_agent.runtime.skills.naming import source_error
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["BYTES", "FILES", "SECONDS", "check_size", "too_much"]

BYTES = 256 * 1024 * 1024
"""Unpacked. A download may be as large."""
FILES = 20_000
SECONDS = 120.0
"""For a download, or for one command."""


def too_much(source: SkillSource) -> InvalidRequest:
    """The problem of a source that is larger."""
    hint = f"a source may hold {FILES} files and {BYTES} bytes; name a smaller repository"
    return source_error(source, "{} is too large", hint=hint)


def check_size(source: SkillSource, folder: Path) -> None:
    """Raises `InvalidRequest` when a folder holds more than a source may."""
    files, total = 0, 0
    for where, _folders, names in os.walk(folder):
        for name in names:
            files += 1
            total += os.lstat(os.path.join(where, name)).st_size  # noqa: PTH118 - many files
            if files > FILES or total > BYTES:
                raise too_much(source)
