"""Unpacks the archive of a repository. Nothing gets out of its folder: there are no links, and no path leads up."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import IO

from sandbox_agent.runtime.skills.limits import BYTES, FILES, too_much
from sandbox_agent.runtime.skills.naming import source_error
from sandbox_agent.schema.api import SkillSource

__all__ = ["unzip"]

_PIECE = 1024 * 1024


def unzip(source: SkillSource, archive: IO[bytes], folder: Path) -> None:
    """Unpack into an empty folder what is inside the archive's one top folder.

    A symbolic link becomes a file that holds where it led, as git does it where there are none. Raises
    `InvalidRequest` for an archive that is damaged, leads out, or is too large.
    """
    try:
        with zipfile.ZipFile(archive) as content:
            entries = content.infolist()
            if len(entries) > FILES:
                raise too_much(source)
            left = BYTES
            for entry, path in _files(source, entries):
                left = _unpack(source, content, entry, folder / path, left)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, OSError, ValueError) as error:
        raise source_error(source, f"the archive of {{}} cannot be unpacked: {type(error).__name__}") from error


def _files(source: SkillSource, entries: list[zipfile.ZipInfo]) -> Iterator[tuple[zipfile.ZipInfo, PurePosixPath]]:
    for entry in entries:
        path = PurePosixPath(entry.filename)
        if path.is_absolute() or ".." in path.parts or "\\" in entry.filename:
            raise source_error(source, "the archive of {} has a path that leads out of it")
        if not entry.is_dir() and len(path.parts) > 1:
            yield entry, PurePosixPath(*path.parts[1:])


def _unpack(source: SkillSource, content: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, left: int) -> int:
    """Returns how many bytes may still come. The archive's own word about sizes is not believed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with content.open(entry) as packed, path.open("xb") as file:
        while piece := packed.read(_PIECE):
            left -= len(piece)
            if left < 0:
                raise too_much(source)
            file.write(piece)
    mode = entry.external_attr >> 16
    if stat.S_ISREG(mode) and mode & stat.S_IXUSR:
        path.chmod(0o755)
    return left
