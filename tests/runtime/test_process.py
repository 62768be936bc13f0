from __future__ import annotations

import asyncio
import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime import guardian, process
from sandbox_agent.runtime.guardian import MARK
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.owner import Owner

from .ear import PATIENCE, Watch, python

pytestmark = pytest.mark.anyio


def failure(spawn: Spawn) -> str:
    before = psutil.Process().num_fds()
    with pytest.raises(LinkFailed) as failed:
        process.start(spawn, {})
    assert psutil.Process().num_fds() == before
    return str(failed.value)


@pytest.fixture
async def guarded() -> None:
    """The guardian of this process, so that tests can count descriptors."""
    program = process.start(python("pass"), {})
    async with asyncio.timeout(PATIENCE):
        await program.gone
    program.release()


def script(folder: Path, text: bytes, mode: int = 0o755) -> Spawn:
    path = folder / "agent"
    path.write_bytes(text)
    path.chmod(mode)
    return Spawn(argv=(str(path),), cwd="/")


def of_another_libc() -> bytes:
    """A real program whose loader has another name is what a musl build is on a machine with glibc."""
    image = Path(sys.executable).resolve().read_bytes()
    end = image.index(b"\0", image.index(b"/ld-"))
    loader = image[image.rindex(b"\0", 0, end) + 1 : end]
    return image.replace(loader, loader[:-1] + b"X", 1)


@pytest.mark.usefixtures("guarded")
class TestWhatCannotBeStartedIsExplained:
    async def test_no_such_program(self, tmp_path: Path) -> None:
        assert "does not exist; install" in failure(Spawn(argv=(str(tmp_path / "agent"),), cwd="/"))
        assert "does not exist; install" in failure(Spawn(argv=("no-such-agent",), cwd="/"))

    async def test_no_program_at_all(self) -> None:
        assert "no program" in failure(Spawn(argv=(), cwd="/"))

    async def test_not_executable(self, tmp_path: Path) -> None:
        assert "may not be executed" in failure(script(tmp_path, b"#!/bin/sh\n", 0o644))
        assert "may not be executed" in failure(Spawn(argv=(str(tmp_path),), cwd="/"))

    async def test_below_a_file(self, tmp_path: Path) -> None:
        spawn = script(tmp_path, b"")
        assert "does not exist" in failure(Spawn(argv=(spawn.argv[0] + "/agent",), cwd="/"))

    async def test_no_such_working_directory(self, tmp_path: Path) -> None:
        assert "working directory" in failure(python("pass", cwd=str(tmp_path / "gone")))
        spawn = script(tmp_path, b"")
        assert "working directory" in failure(python("pass", cwd=spawn.argv[0]))

    async def test_a_program_of_another_machine(self, tmp_path: Path) -> None:
        assert "another processor" in failure(script(tmp_path, b"\x7fELF but not really"))

    async def test_a_missing_interpreter(self, tmp_path: Path) -> None:
        assert "interpreter is missing" in failure(script(tmp_path, b"#!/no/such/interpreter\n"))

    async def test_another_libc(self, tmp_path: Path) -> None:
        assert "libc" in failure(script(tmp_path, of_another_libc()))

    async def test_a_program_that_is_still_being_written(self, tmp_path: Path) -> None:
        spawn = script(tmp_path, b"#!/bin/sh\n")
        handle = os.open(spawn.argv[0], os.O_WRONLY | os.O_APPEND)
        assert "still being written" in failure(spawn)
        os.close(handle)

    async def test_arguments_that_no_program_can_be_given(self) -> None:
        assert "hold what none may hold" in failure(python("pass", "\0"))
        assert "hold what none may hold" in failure(python("pass", env={"A=B": "1"}))
        assert "too long" in failure(python("pass", "x" * 3_000_000))

    async def test_an_error_nobody_foresaw(self, monkeypatch: pytest.MonkeyPatch) -> None:
        def popen(*_: object, **__: object) -> None:
            raise OSError(errno.EIO, "disk on fire")

        monkeypatch.setattr(subprocess, "Popen", popen)
        assert failure(python("pass")).endswith("cannot be started: disk on fire")

    async def test_no_guardian(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(process, "this_daemon", Owner)
        monkeypatch.setattr(sys, "executable", "/nowhere/python")
        assert "cleans up after the daemon" in failure(python("pass"))


async def finished(program: process.Process) -> bytes:
    """What the program said, once it is gone."""
    async with asyncio.timeout(PATIENCE):
        await asyncio.wait({program.gone})
    return program.stdout.read() or b""


async def test_the_program_gets_exactly_the_given_environment_and_a_mark() -> None:
    spawn = python("say(sorted(os.environ.items()))", env={"A": "1", MARK: "forged"})
    program = process.start(spawn, {MARK: "outer.1", "B": "2"})
    names = dict(eval(await finished(program)))  # noqa: S307 - our own words
    mark = names.pop(MARK)
    names.pop("LC_CTYPE", None)  # Python's own
    assert names == {"A": "1"}
    assert mark.startswith("outer.1:")
    assert program.release() == 0


async def test_the_program_has_only_its_three_descriptors_and_its_own_session() -> None:
    handle = os.open("/dev/null", os.O_RDONLY)
    code = "say(len(os.listdir('/proc/self/fd')) - 1, os.getsid(0) == os.getpgrp() == os.getpid())"
    program = process.start(python(code), {})
    assert await finished(program) == b"3 True\n"
    program.release()
    os.close(handle)


async def test_the_output_pipe_is_large() -> None:
    program = process.start(python("pass"), {})
    assert fcntl.fcntl(program.stdout, fcntl.F_GETPIPE_SZ) == process.PIPE_BYTES
    await finished(program)
    program.release()


async def test_a_user_without_pages_for_pipes_gets_a_small_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "PIPE_BYTES", 1 << 30)
    program = process.start(python("say(1)"), {})
    assert await finished(program) == b"1\n"
    program.release()


@pytest.mark.parametrize("handles", [True, False])
async def test_the_end_is_noticed_with_and_without_process_handles(
    monkeypatch: pytest.MonkeyPatch, *, handles: bool
) -> None:
    if not handles:
        monkeypatch.delattr(os, "pidfd_open")
    program = process.start(python("say(orphan(1)); sys.exit(7)"), {})
    orphan = int(await finished(program))
    assert orphan in guardian.processes()
    assert await program.sweep()
    assert orphan not in guardian.processes()
    assert program.release() == 7


async def test_without_proc_and_handles_the_group_and_the_tree_are_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    monkeypatch.setattr(guardian, "HAS_PROC", False)
    code = """
import subprocess
sleep = [sys.executable, "-I", "-S", "-c", "import time; time.sleep(1000)"]
children = [subprocess.Popen(sleep, env={}, start_new_session=own) for own in (False, True)]
say(os.getpid(), *[child.pid for child in children], orphan())
time.sleep(1000)
"""
    program = process.start(python(code), {})
    os.set_blocking(program.stdout.fileno(), True)
    words = await asyncio.to_thread(program.stdout.read, 100)
    assert words is not None
    await program.kill()
    async with asyncio.timeout(PATIENCE):
        await program.gone
    assert await program.sweep()
    assert not {int(word) for word in words.split()} & set(guardian.processes())
    assert program.release() == -signal.SIGKILL


async def test_a_sweep_that_takes_too_long_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process, "SWEEP_LIMIT", -1)
    program = process.start(python("pass"), {})
    assert not await program.sweep()
    await finished(program)
    program.release()


async def test_release_kills_what_nobody_saw_ending() -> None:
    program = process.start(python("time.sleep(1000)"), {})
    watch = Watch(program.pid)
    assert program.release() == -signal.SIGKILL
    assert watch.ended()
    watch.forget()


async def test_a_loop_that_was_closed_does_not_disturb_the_waiting_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    program = process.start(python("pass"), {})

    def closed(*_: object) -> None:
        raise RuntimeError("Event loop is closed")

    monkeypatch.setattr(program._loop, "call_soon_threadsafe", closed)
    program._wait()
    monkeypatch.undo()
    program.release()
