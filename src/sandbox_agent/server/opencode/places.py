"""Where a request works, and what the environment overrides for tests of clients."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote

from sandbox_agent.runtime.settings import Settings, home_folder
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.asgi import Header, header

__all__ = ["Surroundings", "branch_of", "worktree_of"]

_PREFIX = "OPENCODE_COMPAT_"
_HEADER = b"x-opencode-directory"
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The daemon's directory and environment, as the mount needs them."""

    directory: str
    environ: Mapping[str, str]
    clock: Callable[[], int]
    """Milliseconds since the epoch."""

    @classmethod
    def of(cls, settings: Settings, clock: Callable[[], int]) -> Surroundings:
        """Those of a daemon. Time stands still with OPENCODE_COMPAT_FIXED_TIME_MS."""
        fixed = settings.environ.get(f"{_PREFIX}FIXED_TIME_MS", "")
        stopped = int(fixed) if fixed.isdecimal() else None
        return cls(settings.directory, settings.environ, clock if stopped is None else lambda: stopped)

    def override(self, name: str) -> str | None:
        """The variable OPENCODE_COMPAT_`name`, where it is set."""
        return self.environ.get(_PREFIX + name) or None

    @property
    def frozen(self) -> bool:
        """Whether time stands still."""
        return (self.override("FIXED_TIME_MS") or "").isdecimal()

    def named(self, query: str | None, headers: Sequence[Header]) -> str | None:
        """The directory that a request or the environment names. Raises `InvalidRequest` for a relative one."""
        sent = header(headers, _HEADER)
        name = query or self.override("DIRECTORY") or (unquote(sent.decode("latin-1")) if sent else None)
        if name and (not name.startswith("/") or "\0" in name):
            raise InvalidRequest(f"directory: {name[:100]!r} is not an absolute path")
        return (name.rstrip("/") or "/") if name else None

    @property
    def home(self) -> str:
        """The user's home folder."""
        return self.override("HOME") or str(home_folder(self.environ))

    def folders(self) -> dict[str, str]:
        """Where an OpenCode of this user would keep its state and configuration."""
        state = self.override("STATE") or f"{self.home}/.local/state/opencode"
        return {"home": self.home, "state": state, "config": self.override("CONFIG") or f"{self.home}/.config/opencode"}


def worktree_of(directory: str, fs_root: Path | None = None) -> str:
    """The git tree around a directory, the root when there is none. Looks at the disk, not beyond the file root."""
    for folder in (Path(directory), *Path(directory).parents):
        if fs_root is not None and not folder.is_relative_to(fs_root.resolve()):
            break
        with contextlib.suppress(OSError):
            if (folder / ".git").exists():
                return str(folder)
    return "/"


def branch_of(worktree: str, fs_root: Path | None = None) -> str | None:
    """The branch that is checked out. Looks at the disk, not beyond the file root."""
    git = Path(worktree, ".git")
    try:
        if git.is_file() and _is_inside(git, fs_root):
            git = Path(worktree, git.read_text()[:_LONGEST].removeprefix("gitdir:").strip())
        file = git / "HEAD"
        head = file.read_text()[:_LONGEST].strip() if _is_inside(file, fs_root) else ""
    except (OSError, ValueError):  # not there, no text, or a name that none can have
        return None
    return head.removeprefix("ref: refs/heads/") if head.startswith("ref: refs/heads/") else None


def _is_inside(file: Path, fs_root: Path | None) -> bool:
    return fs_root is None or file.resolve().is_relative_to(fs_root.resolve())
