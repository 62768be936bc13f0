"""What several tests of files need."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

from sandbox_agent.runtime.files import Files, Limits
from sandbox_agent.runtime.settings import Settings


def make(home: Path, *, root: Path | None = None, limits: Limits | None = None) -> Files:
    settings = Settings(data_dir=home / "data", directory=str(home), environ={"HOME": str(home)}, fs_root=root)
    return Files(settings, limits)


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    """A body that comes in pieces."""
    for part in parts:
        await asyncio.sleep(0)
        yield part


def tree(folder: Path) -> dict[str, str]:
    """Everything below a folder: the content of files, `->` links, `/` folders."""
    found: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = str(path.relative_to(folder))
        if path.is_symlink():
            found[name] = f"-> {path.readlink()}"
        else:
            found[name] = "/" if path.is_dir() else path.read_text()
    return found


def descriptors() -> int:
    """How many files this process has open."""
    return len(list(Path("/dev/fd").iterdir()))
