"""Reads archives that may be hostile: every entry is checked before anything is made of it.

What Python's tarfile reads into memory, long names and lists of holes, is bounded here; it is not bounded there.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal, TypeAlias, cast

from sandbox_agent.runtime.files.paths import entry_parts, link_stays_inside
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["Entry", "Kind", "Limits", "damage_told", "read_archive"]

Kind: TypeAlias = Literal["file", "folder", "link", "same"]
_GZIP = b"\x1f\x8b"
_HEADER_BYTES = 1024 * 1024
_PIECE = 64 * 1024
_NAMES = 100


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How much an archive may unpack to."""

    entries: int = 500_000
    bytes: int = 64 * 1024**3


@dataclass(frozen=True, slots=True)
class Entry:
    """One checked entry of an archive."""

    name: str
    """As the archive has it."""
    parts: tuple[str, ...]
    """Where it goes, below the destination; never empty."""
    kind: Kind
    """`same`: another name of an earlier file (a hard link)."""
    mode: int
    """Permission bits only."""
    modified: float
    target: str
    """Of a link: what it says. Of another name: which one."""
    content: BinaryIO | None
    """Of a file; to be read before the next entry."""


def read_archive(file: BinaryIO, limits: Limits) -> Iterator[Entry]:
    """The entries of a tar file, plain or gzip, in order.

    Raises `InvalidRequest` at the first that leads out of the destination, is a device or a pipe, or goes over the
    limits (413), and when the archive is damaged or cut short.
    """
    with damage_told():
        packed = file.read(2) == _GZIP
        file.seek(0)
        reading = _Bounded(cast("BinaryIO", gzip.GzipFile(fileobj=file)) if packed else file)
        reading.expect_header()
        with tarfile.open(fileobj=cast("BinaryIO", reading), mode="r:", errorlevel=2) as tar:
            yield from _entries(tar, reading, limits)


def _entries(tar: tarfile.TarFile, reading: _Bounded, limits: Limits) -> Iterator[Entry]:
    count = size = 0
    while (member := tar.next()) is not None:
        cast("Any", tar).members.clear()  # it would keep them all
        _check_globals(tar.pax_headers)
        count, size = count + 1, size + member.size
        if count > limits.entries or size > limits.bytes:
            raise InvalidRequest(f"tar: more than {limits.entries} entries or {limits.bytes} bytes", status=413)
        entry = _entry(tar, member)
        if entry is not None:
            reading.expect_content()
            yield entry
        reading.expect_header()
    if reading.last.strip(b"\0"):
        raise InvalidRequest("tar: damaged or cut short")
    reading.finish()


def _check_globals(headers: Mapping[str, str]) -> None:
    """They pile up from entry to entry."""
    if sum(len(name) + len(value) for name, value in headers.items()) > _HEADER_BYTES:
        raise InvalidRequest("tar: a header is too large", status=413)


def _entry(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Entry | None:
    parts = entry_parts(member.name)
    kind = _kind(member)
    if not parts:
        if kind != "folder":
            raise InvalidRequest(f"tar entry escapes destination: {member.name}")
        return None
    if len(parts) > _NAMES:
        raise InvalidRequest(f"tar entry is too deep: {member.name[:200]}...")
    if member.size < 0:
        raise InvalidRequest(f"tar: damaged entry: {member.name}")
    if kind == "link" and not link_stays_inside(member.linkname, len(parts) - 1):
        raise InvalidRequest(f"tar entry escapes destination: {member.name} -> {member.linkname[:200]}")
    if kind == "same":
        entry_parts(member.linkname)
    content = tar.extractfile(member) if kind == "file" else None
    return Entry(
        name=member.name,
        parts=parts,
        kind=kind,
        mode=member.mode & 0o777,
        modified=float(member.mtime),
        target=member.linkname,
        content=cast("BinaryIO | None", content),
    )


def _kind(member: tarfile.TarInfo) -> Kind:
    if member.isreg():
        return "file"
    if member.isdir():
        return "folder"
    if member.issym():
        return "link"
    if member.islnk():
        return "same"
    what = "a pipe" if member.isfifo() else "a device" if member.isdev() else "of an unknown kind"
    raise InvalidRequest(f"tar entry is {what}: {member.name}", hint="files, folders and links are unpacked")


class _Bounded:
    """A file that gives out only so many bytes for one header."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left: int | None = None
        self.last = b""
        """What was read last: where an archive should end, this is zeros or nothing."""

    def expect_header(self) -> None:
        """What is read from now on is a header."""
        self._left = _HEADER_BYTES

    def expect_content(self) -> None:
        """What is read from now on is content; it is read in pieces."""
        self._left = None

    def finish(self) -> None:
        """Read the padding after the last entry, so that gzip checks its sum; a reasonable amount of it."""
        self._left = _HEADER_BYTES
        while self._left >= _PIECE and self.read(_PIECE):
            pass

    def read(self, count: int = -1) -> bytes:
        if self._left is not None:
            self._left -= count
            if count < 0 or self._left < 0:
                raise InvalidRequest("tar: a header is too large", status=413)
        self.last = self._file.read(count)
        return self.last

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()


@contextmanager
def damage_told() -> Generator[None]:
    """Turns what tarfile and gzip say of a damaged archive into `InvalidRequest`; for reading content too."""
    try:
        yield
    except tarfile.ReadError as error:
        raise InvalidRequest(f"tar: {error}", hint="the body is a tar file, plain or gzip") from error
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError, OverflowError) as error:
        raise InvalidRequest(f"tar: damaged or cut short: {error}") from error
    except RecursionError as error:
        raise InvalidRequest("tar: a header is too large", status=413) from error
