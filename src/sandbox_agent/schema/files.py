"""Bodies of the file endpoints.

Source: the HTTP contract of the 0.1.x API.
"""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from sandbox_agent.schema.base import CamelModel

__all__ = ["EntryType", "FsEntry", "FsMoveRequest", "FsMoved", "FsPath", "FsStat", "FsUnpacked", "FsWritten"]

EntryType: TypeAlias = Literal["file", "directory"]


class FsEntry(CamelModel, omit_defaults=True):
    """One entry of a folder."""

    name: str
    path: str
    """Absolute."""
    entry_type: EntryType
    """Links are not followed here: a link to a folder is a `file`."""
    size: int
    """Bytes."""
    modified: str | None = None
    """RFC 3339, UTC."""


class FsStat(CamelModel, omit_defaults=True):
    """What a path is; links are followed."""

    path: str
    """Absolute."""
    entry_type: EntryType
    size: int
    """Bytes."""
    modified: str | None = None
    """RFC 3339, UTC."""


class FsWritten(CamelModel):
    """Answer of `PUT /v1/fs/file`."""

    path: str
    """Absolute."""
    bytes_written: int


class FsPath(CamelModel):
    """The path that was made or deleted."""

    path: str
    """Absolute."""


class FsMoveRequest(CamelModel, omit_defaults=True):
    """Body of `POST /v1/fs/move`."""

    source: str = msgspec.field(name="from")
    target: str = msgspec.field(name="to")
    overwrite: bool | None = None
    """Replace what is at `to`."""


class FsMoved(CamelModel):
    """Answer of `POST /v1/fs/move`."""

    source: str = msgspec.field(name="from")
    """Absolute."""
    target: str = msgspec.field(name="to")
    """Absolute."""


class FsUnpacked(CamelModel):
    """Answer of `POST /v1/fs/upload-batch`."""

    paths: tuple[str, ...]
    """The unpacked entries, absolute, in the order of the archive; at most 1024."""
    truncated: bool
    """There were more. They are unpacked all the same."""
