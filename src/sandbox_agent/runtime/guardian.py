"""Finds and kills the processes of one owner. Run as a script, it does so when its daemon is gone.

    python -I -S guardian.py TOKEN      # stdin: a pipe that the daemon holds open

On the pipe it may hear of folders, each followed by a NUL: they hold secrets for the processes, and go after them.

This file must need nothing but the standard library and never import anything of ours: the script starts without
site-packages, and must work when the daemon was killed in the middle of anything.

An owner is an element of the environment variable SANDBOX_AGENT_OWNER, which children inherit: `TOKEN.NUMBER` for one
agent process, `TOKEN` for all of a daemon. A daemon that runs below an agent appends its own mark to the one it got,
so that the outer daemon reaches the inner agents too. Where several sessions share an agent process, what it starts for
one of them has a mark of that one in SANDBOX_AGENT_MEMBER, and belongs to `TOKEN.NUMBER.MEMBER` as well.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["MARK", "MEMBER", "Running", "Target", "find", "kill_found", "processes", "remove"]

MARK = "SANDBOX_AGENT_OWNER"
MEMBER = "SANDBOX_AGENT_MEMBER"
LIMIT = 10.0
"""Seconds after which the script gives up on processes that cannot be killed."""
EMPTY_LOOKS = 3
"""So many looks in a row must find nothing: a process that starts a program shows no environment for a moment, and one
that keeps forking may pass between two looks."""
HAS_PROC = os.access("/proc/self/stat", os.R_OK)


class Running(NamedTuple):
    """One process that is alive."""

    pid: int
    parent: int
    group: int
    session: int
    started: str
    """When it was started, in the system's own words; tells a process from a later one with the same pid."""
    owners: tuple[str, ...] = ()


class Target(NamedTuple):
    """Whose processes to look for."""

    owner: str
    leader: int | None = None
    """Process group (and session) that belongs to the owner."""
    reaped: bool = False
    """The system may give the leader's pid to another: when a process has it, the group is another too."""
    seen: tuple[Running, ...] = ()
    """Processes known from an earlier look, whatever has become of their parents."""


def processes() -> dict[int, Running]:
    """All processes that are alive and visible to us, by pid. Zombies are not alive."""
    return _from_proc() if HAS_PROC else _from_ps()


def find(target: Target, table: Mapping[int, Running]) -> dict[int, Running]:
    """The processes of an owner: marked, in its group, seen before, or descended from one of these.

    One that carries only marks of others is never among them.
    """
    mine: dict[int, Running] = {}
    leader = None if target.reaped and target.leader in table else target.leader
    known = {(each.pid, each.started) for each in target.seen}
    for each in table.values():
        if _belongs(each, target.owner) or (
            not each.owners and ((each.pid, each.started) in known or leader in (each.pid, each.group, each.session))
        ):
            mine[each.pid] = each
    children: dict[int, list[Running]] = {}
    for each in table.values():
        children.setdefault(each.parent, []).append(each)
    todo = list(mine)
    while todo:
        for child in children.get(todo.pop(), ()):
            if child.pid not in mine and not child.owners:
                mine[child.pid] = child
                todo.append(child.pid)
    mine.pop(os.getpid(), None)
    return mine


def kill_found(target: Target, table: Mapping[int, Running]) -> int:
    """Kill the processes of an owner that are in the table; how many there were."""
    return sum([_kill(each) for each in find(target, table).values()])


def _belongs(process: Running, owner: str) -> bool:
    return any(each == owner or each.startswith(owner + ".") for each in process.owners)


def _kill(process: Running) -> bool:
    """Kill exactly this process; False when it is gone, is another by now, or is not ours to kill."""
    handle = _handle(process.pid)
    try:
        if not _is_same(process):
            return False
        if handle is not None and sys.platform == "linux":
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        else:
            os.kill(process.pid, signal.SIGKILL)
    except OSError:
        return False
    else:
        return True
    finally:
        if handle is not None:
            os.close(handle)


def _handle(pid: int) -> int | None:
    """Holds on to a process, so that the pid cannot pass to another between the check and the signal."""
    if sys.platform != "linux" or not hasattr(os, "pidfd_open") or not hasattr(signal, "pidfd_send_signal"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None  # gone, which the check will find, or a kernel before 5.3


def _is_same(process: Running) -> bool:
    if not HAS_PROC:
        return True  # ps is too slow to ask again for each; the look was a moment ago
    now = _stat(process.pid)
    return now is not None and now.started == process.started


# Linux: /proc

_STARTED = 19
"""Place of the start time, counted from the state."""


def _from_proc() -> dict[int, Running]:
    table: dict[int, Running] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208 - pathlib would double the start of the script
        if name.isdecimal() and (process := _stat(int(name))) is not None:
            table[process.pid] = process._replace(owners=_owners(process.pid))
    return table


def _stat(pid: int) -> Running | None:
    """Source: proc_pid_stat(5). The program name, in brackets, may hold anything, brackets too."""
    try:
        text = _read(f"/proc/{pid}/stat")
    except OSError:
        return None
    fields = text[text.rfind(b")") + 2 :].split()
    if len(fields) <= _STARTED or fields[0] in (b"Z", b"X", b"x"):
        return None
    return Running(pid, int(fields[1]), int(fields[2]), int(fields[3]), fields[_STARTED].decode())


def _owners(pid: int) -> tuple[str, ...]:
    try:
        environ = b"\0" + _read(f"/proc/{pid}/environ")
    except OSError:
        return ()  # of another user
    return _split(_variable(environ, MARK), _variable(environ, MEMBER))


def _variable(environ: bytes, name: str) -> str:
    value = environ.partition(b"\0" + name.encode() + b"=")[2].partition(b"\0")[0]
    return value.decode(errors="replace")


def _split(mark: str, member: str) -> tuple[str, ...]:
    """A member is one of the innermost owner: whoever starts something further in drops its number."""
    owners = [each for each in mark.split(":") if each]
    if owners and member:
        owners.append(f"{owners[-1]}.{member}")
    return tuple(owners)


def _read(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        parts: list[bytes] = []
        while part := os.read(handle, 65536):
            parts.append(part)
        return b"".join(parts)
    finally:
        os.close(handle)


# Elsewhere: ps, which shows the environment after the command line


def _from_ps() -> dict[int, Running]:
    import subprocess  # noqa: PLC0415 - not needed, and not paid for, where there is /proc

    environment = "-Aww" if sys.platform == "darwin" else "axeww"
    argv = ["ps", environment, "-o", "pid=,ppid=,pgid=,state=,lstart=,command="]
    if sys.platform == "darwin":
        argv.insert(1, "-E")
    try:
        listing = subprocess.run(argv, capture_output=True, check=False, timeout=LIMIT).stdout
    except (OSError, subprocess.TimeoutExpired):
        return {}
    found = (_ps_line(line) for line in listing.decode(errors="replace").splitlines())
    return {each.pid: each for each in found if each is not None}


def _ps_line(line: str) -> Running | None:
    """The start time is five words."""
    try:
        pid, parent, group, state, *started = line.split(None, 9)[:9]
        ids = int(pid), int(parent), int(group)
    except ValueError:
        return None
    if state.startswith("Z"):
        return None
    mark, member = (_word(line, name) for name in (MARK, MEMBER))
    return Running(*ids, int(group), " ".join(started), _split(mark, member))


def _word(line: str, name: str) -> str:
    found = [word.partition("=")[2] for word in line.split() if word.startswith(name + "=")]
    return found[-1] if found else ""


# The script


def _watch(token: str) -> None:
    for each in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
        signal.signal(each, signal.SIG_IGN)
    heard = b""
    while part := os.read(0, 65536):
        heard += part
    end_all(Target(token), LIMIT)
    for folder in heard.split(b"\0")[:-1]:  # what the last NUL does not end is cut
        remove(folder)


def end_all(target: Target, limit: float) -> bool:
    """Kill until none is left; False when that took more than `limit` seconds."""
    deadline = time.monotonic() + limit
    empty, pause = 0, 0.002
    while empty < EMPTY_LOOKS:
        if time.monotonic() > deadline:
            return False
        empty = 0 if kill_found(target, processes()) else empty + 1
        time.sleep(pause)
        pause = min(pause * 2, 0.05)
    return True


def remove(folder: bytes) -> None:
    """Remove a folder, with what can be removed of it. Links are not followed. shutil would take long to import."""
    for place, folders, files in os.walk(folder, topdown=False):
        for name in (*files, *folders):
            _unlink(os.path.join(place, name))  # noqa: PTH118 - pathlib would double the start of the script
    _unlink(folder)


def _unlink(path: bytes) -> None:
    try:
        if os.path.isdir(path) and not os.path.islink(path):  # noqa: PTH112, PTH114 - see `remove`
            os.rmdir(path)  # noqa: PTH106
        else:
            os.unlink(path)  # noqa: PTH108
    except OSError:
        pass  # gone, or not ours to remove


if __name__ == "__main__":
    _watch(sys.argv[1])
