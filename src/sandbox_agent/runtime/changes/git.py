"""The few things asked of git, read-only: it neither takes locks nor refreshes an index."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
import threading
from collections.abc import Generator, Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO

__all__ = ["Git", "GitFailed"]

_READ = 1 << 16
_OPTIONS = ("-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "safe.directory=*")


class GitFailed(Exception):
    """It ended with an error, or took too long."""


class Git:
    """The git tree that a folder belongs to."""

    def __init__(self, program: str, folder: str, environ: Mapping[str, str], seconds: float) -> None:
        self._argv = (program, "-C", folder, *_OPTIONS)
        self._environ = {name: value for name, value in environ.items() if not name.startswith("GIT_")}
        self._environ |= {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
        self._seconds = seconds

    @classmethod
    def of(cls, folder: str, environ: Mapping[str, str], seconds: float) -> Git | None:
        """The tree of `folder`; None where there is none, no git, or when the tree hides the whole folder."""
        here = Path(folder)
        if not any(Path(each, ".git").exists() for each in (here, *here.parents)):
            return None
        program = shutil.which("git", path=environ.get("PATH"))
        if program is None:
            return None
        git = cls(program, folder, environ, seconds)
        return git if git._shows() else None

    def _shows(self) -> bool:
        try:
            with self._running("check-ignore", "-q", ".") as process:
                return process.wait() == 1
        except (GitFailed, OSError):
            return False

    def paths(self, *arguments: str, limit: int) -> tuple[list[str], bool]:
        """The records of a command that ends each with NUL, at most `limit`, and whether these are all.

        Raises `GitFailed`.
        """
        found: list[str] = []
        rest = b""
        with self._running(*arguments) as process:
            stdout = _piped(process.stdout)
            while chunk := stdout.read(_READ):
                *whole, rest = (rest + chunk).split(b"\0")
                found += (each.decode(errors="surrogateescape") for each in whole)
                if len(found) > limit:
                    return found[:limit], False
            if process.wait() != 0:
                raise GitFailed(f"git {arguments[0]} ended with {process.returncode}")
        return found, True

    def blobs(self, ids: Iterable[str]) -> Iterator[bytes | None]:
        """The content of each blob, None for one that is not there any more. Raises `GitFailed`."""
        with self._running("cat-file", "--batch") as process:
            stdin, stdout = _piped(process.stdin), _piped(process.stdout)
            for each in ids:
                stdin.write(each.encode() + b"\n")
                stdin.flush()
                head = stdout.readline().split()
                if not head:
                    raise GitFailed("git cat-file ended")
                yield stdout.read(int(head[2]) + 1)[:-1] if len(head) == _HEAD else None
            stdin.close()

    @contextlib.contextmanager
    def _running(self, *arguments: str) -> Generator[subprocess.Popen[bytes]]:
        process = subprocess.Popen(
            [*self._argv, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=self._environ,
            start_new_session=True,
        )
        late = threading.Timer(self._seconds, process.kill)
        late.daemon = True
        late.start()
        try:
            yield process
        except BrokenPipeError as error:
            raise GitFailed("git ended early") from error
        finally:
            late.cancel()
            process.kill()
            process.wait()
            for each in (process.stdin, process.stdout):
                _close(each)


_HEAD = 3  # id, type, size; a blob that is missing has two words


def _piped(file: IO[bytes] | None) -> IO[bytes]:
    assert file is not None  # noqa: S101 - Popen was asked for pipes
    return file


def _close(file: IO[bytes] | None) -> None:
    with contextlib.suppress(BrokenPipeError):  # what was still to be written is of no use to anybody
        _piped(file).close()
