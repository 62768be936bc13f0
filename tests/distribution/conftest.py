"""Tests of what people install, in empty machines made for it. They take minutes and root: `make test-distribution`."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache" / "distribution"


class Machine:
    """A root folder of its own: a small Debian without Python. Its processes end with it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def command(self, *argv: str, read_only: bool = False, user: str | None = None) -> list[str]:
        """What runs `argv` inside, in process and mount namespaces of its own, so that nothing can be left."""
        remount = f"mount -o remount,bind,ro {self.root} && " if read_only else ""
        setup = (
            f"mount --bind {self.root} {self.root} && mount -t proc proc {self.root}/proc"
            f" && mount -t tmpfs data {self.root}/data && chmod 1777 {self.root}/data && {remount}"
        )
        identity = [f"--userspec={user}"] if user else []
        inside = ["env", "-i", "PATH=/usr/bin:/bin", "TERM=dumb", *argv]
        chroot = shlex.join(["chroot", *identity, str(self.root), *inside])
        return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-c", f"{setup}exec {chroot}"]

    def run(self, *argv: str, read_only: bool = False, user: str | None = None) -> subprocess.CompletedProcess[str]:
        """Run something inside to its end."""
        command = self.command(*argv, read_only=read_only, user=user)
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    @contextlib.contextmanager
    def running(
        self, argv: Sequence[str], *, read_only: bool = False, user: str | None = None
    ) -> Iterator[subprocess.Popen[str]]:
        """Something that runs inside meanwhile."""
        command = self.command(*argv, read_only=read_only, user=user)
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as process:
            try:
                yield process
            finally:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="session")
def debian() -> Path:
    """A minimal Debian, made once by debootstrap from this machine's own package sources."""
    root = CACHE / "debian"
    if not (root / "complete").exists():
        sources = Path("/etc/apt/sources.list.d/debian.sources").read_text().splitlines()
        mirror = next(line.split()[1] for line in sources if line.startswith("URIs:"))
        shutil.rmtree(root, ignore_errors=True)
        root.parent.mkdir(parents=True, exist_ok=True)
        made = subprocess.run(
            ["debootstrap", "--variant=minbase", "bookworm", str(root), mirror],
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
        assert made.returncode == 0, made.stdout[-2000:]
        (root / "data").mkdir()
        (root / "complete").touch()
    assert not list((root / "usr/bin").glob("python*"))
    return root


@pytest.fixture(scope="session")
def executable() -> Path:
    """The portable executable, built when something it is made of has changed."""
    built = subprocess.run(
        [sys.executable, str(ROOT / "binary" / "build.py")], capture_output=True, text=True, timeout=1800, check=False
    )
    assert built.returncode == 0, built.stdout + built.stderr
    return ROOT / "dist" / "sandbox-agent-linux-x64"


@pytest.fixture(scope="session")
def machine(debian: Path, executable: Path) -> Machine:
    """The minimal Debian with nothing but our executable in it."""
    shutil.copy(executable, debian / "usr/local/bin/sandbox-agent")
    return Machine(debian)
