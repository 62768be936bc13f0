"""Which build of an agent this machine can run."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Collection
from pathlib import Path

__all__ = ["detect_platform", "suitable"]

_MACHINES = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}


def detect_platform(*, system: str = sys.platform, machine: str = "", root: Path = Path("/")) -> str:
    """This machine in the words of the agents' packages: `linux-x64`, `linux-arm64-musl`, `darwin-arm64`."""
    machine = (machine or platform.machine()).lower()
    name = f"{system}-{_MACHINES.get(machine, machine)}"
    return f"{name}-musl" if system == "linux" and _musl(root) else name


def suitable(platform: str, builds: Collection[str], *, cpuinfo: Path = Path("/proc/cpuinfo")) -> str:
    """The build to take on `platform`: that of the same name, or its `-baseline` one on a processor without AVX2."""
    baseline = f"{platform}-baseline"
    return baseline if baseline in builds and not _avx2(cpuinfo) else platform


def _avx2(cpuinfo: Path) -> bool:
    try:
        return "avx2" in cpuinfo.read_text()
    except OSError:
        return True  # not Linux: such old processors are rare there, and a wrong guess fails with a hint


def _musl(root: Path) -> bool:
    # The loader alone proves nothing: Debian has a package of musl beside its own libc.
    return any(root.glob("lib/ld-musl-*")) and not _glibc(root)


def _glibc(root: Path) -> bool:
    if root == Path("/"):
        try:
            return bool(os.confstr("CS_GNU_LIBC_VERSION"))
        except (ValueError, OSError):
            return False
    return any(any(root.glob(pattern)) for pattern in ("lib64/ld-linux-*", "lib/ld-linux-*"))
