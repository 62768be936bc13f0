from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.adapter import environment
from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.guardian import MARK, MEMBER, Running, Target, end_all, find

from .ear import ORPHAN, PATIENCE, Watch, eventually

pytestmark = pytest.mark.anyio


def table(*all_: Running) -> dict[int, Running]:
    return {each.pid: each for each in all_}


def running(
    pid: int, *, parent: int = 1, group: int = 1, session: int = 1, mark: str = "", started: str = "0"
) -> Running:
    owners = tuple(mark.split(":")) if mark else ()
    return Running(pid, parent, group, session, started, owners)


INIT = running(1, parent=0)


@pytest.mark.parametrize(
    ("mark", "owner", "found"),
    [
        ("abc.1", "abc.1", True),
        ("abc.1", "abc", True),
        ("abc.12", "abc.1", False),
        ("abc.1", "abc.12", False),
        ("abcd.1", "abc", False),
        ("out.3:abc.1", "abc.1", True),
        ("out.3:abc.1", "out.3", True),
        ("out.3:abc.1", "out.1", False),
        ("", "abc", False),
    ],
)
def test_a_mark_belongs_to_its_owner_and_all_above(mark: str, owner: str, found: bool) -> None:
    assert (70 in find(Target(owner), table(INIT, running(70, mark=mark)))) is found


@pytest.mark.parametrize(("member", "found"), [("2", True), ("21", False), ("", False)])
def test_a_process_of_one_member_of_an_owner_is_found_by_both(member: str, found: bool) -> None:
    env = {MARK: "out.3:abc.1", **({MEMBER: member} if member else {})}
    with subprocess.Popen([sys.executable, "-c", "input()"], env=env, stdin=subprocess.PIPE) as process:
        try:
            everything = guardian.processes()
            assert process.pid in find(Target("abc.1"), everything)
            assert (process.pid in find(Target("abc.1.2"), everything)) is found
            assert process.pid not in find(Target("out.3.2"), everything)
        finally:
            process.kill()


def test_the_name_of_the_number_is_the_same_for_agents() -> None:
    assert environment.MEMBER == MEMBER
    assert MEMBER.startswith(environment.OURS)  # so no agent that a member starts inherits it


def test_unmarked_descendants_and_members_of_the_group_or_session_are_found() -> None:
    everything = table(
        INIT,
        running(70, group=70, session=70, mark="a.1"),
        running(71, parent=70, group=71, session=71),
        running(72, parent=71, group=72, session=72),
        running(73, group=70),
        running(74, session=70),
        running(75),
    )
    assert set(find(Target("a.1", 70), everything)) == {70, 71, 72, 73, 74}


def test_a_process_with_the_mark_of_another_is_never_found() -> None:
    everything = table(
        INIT, running(70, mark="a.1"), running(71, parent=70, group=70, session=70, mark="b.1"), running(72, parent=71)
    )
    assert set(find(Target("a.1", 70), everything)) == {70}


def test_an_orphan_is_found_when_it_was_seen_before_unless_its_pid_is_anothers_now() -> None:
    seen = (running(71, parent=70, started="5"), running(72, parent=70, started="5"))
    everything = table(INIT, running(71, started="5"), running(72, started="6"))
    assert set(find(Target("a.1", seen=seen), everything)) == {71}


def test_the_group_of_a_reaped_leader_counts_only_while_nobody_has_its_pid() -> None:
    member, reused = running(71, group=70), running(70, group=70)
    target = Target("a.1", 70, reaped=True)
    assert set(find(target, table(INIT, member))) == {71}
    assert not find(target, table(INIT, member, reused))


def test_we_never_find_ourselves() -> None:
    assert not find(Target("a"), table(INIT, running(os.getpid(), mark="a.1")))


# With real processes


@pytest.fixture
def sleeper(request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[bytes]]:
    mark = getattr(request, "param", f"{request.node.name}.1")
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", "import time; print(flush=True); time.sleep(1000)"],
        env={"A": "1", MARK: mark, "Z": "2"},
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process
        process.kill()


def test_a_process_is_seen_with_its_mark(sleeper: subprocess.Popen[bytes]) -> None:
    seen = guardian.processes()[sleeper.pid]
    assert seen.parent == os.getpid()
    assert seen.group == os.getpgrp()
    assert seen.session == os.getsid(0)
    assert seen.owners == ("test_a_process_is_seen_with_its_mark.1",)


@pytest.mark.parametrize("sleeper", ["outer.1:inner.2"], indirect=True)
def test_ps_sees_the_same_where_there_is_no_proc(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(guardian, "HAS_PROC", False)
    seen = guardian.processes()[sleeper.pid]
    assert (seen.parent, seen.group) == (os.getpid(), os.getpgrp())
    assert seen.owners == ("outer.1", "inner.2")
    assert os.getpid() in guardian.processes()
    assert guardian.kill_found(Target("inner"), guardian.processes()) == 1
    assert sleeper.wait(PATIENCE) == -signal.SIGKILL
    assert sleeper.pid not in guardian.processes()


def test_a_zombie_is_not_alive(sleeper: subprocess.Popen[bytes]) -> None:
    watch = Watch(sleeper.pid)
    sleeper.kill()
    assert watch.ended()
    assert sleeper.pid not in guardian.processes()
    watch.forget()


def test_a_process_that_got_the_pid_of_another_is_not_killed(sleeper: subprocess.Popen[bytes]) -> None:
    seen = guardian.processes()[sleeper.pid]
    later = seen._replace(started="1")
    assert guardian.kill_found(Target(seen.owners[0]), {seen.pid: later}) == 0
    assert sleeper.poll() is None
    assert guardian.kill_found(Target(seen.owners[0]), {seen.pid: seen}) == 1
    assert sleeper.wait(PATIENCE) == -signal.SIGKILL
    assert guardian.kill_found(Target(seen.owners[0]), {seen.pid: seen}) == 0


def test_killing_works_without_process_handles(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(os, "pidfd_open")
    owner = guardian.processes()[sleeper.pid].owners[0]
    assert end_all(Target(owner), PATIENCE)
    assert sleeper.wait(PATIENCE) == -signal.SIGKILL


def test_ending_gives_up_when_its_time_is_over(sleeper: subprocess.Popen[bytes]) -> None:
    owner = guardian.processes()[sleeper.pid].owners[0]
    assert not end_all(Target(owner), -1)


# The script


def ignores(pid: int, *signals: signal.Signals) -> bool:
    (mask,) = (
        int(line.split()[1], 16)
        for line in Path(f"/proc/{pid}/status").read_text().splitlines()
        if line.startswith("SigIgn")
    )
    return all(mask >> (each - 1) & 1 for each in signals)


async def test_the_script_ignores_the_signals_of_a_terminal_and_ends_with_its_pipe() -> None:
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT)
    with subprocess.Popen(  # noqa: ASYNC220 - there is nothing else on the loop
        [sys.executable, "-I", "-S", guardian.__file__, "nobody"], stdin=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        await eventually(lambda: ignores(process.pid, *signals))
        for each in signals:
            process.send_signal(each)
        assert process.poll() is None
        _, said = process.communicate(timeout=PATIENCE)
        assert (process.returncode, said) == (0, b"")


def test_the_script_removes_the_folders_it_heard_of_in_whole_and_follows_no_link(tmp_path: Path) -> None:
    own, other, precious = tmp_path / "own\n1", tmp_path / "other", tmp_path / "precious"
    for folder in (own / "1/deep", other / "2", precious):
        folder.mkdir(parents=True)
        (folder / "file").write_text("secret")
    (own / "1/link").symlink_to(precious)
    (own / "1/dangling").symlink_to(tmp_path / "nothing")
    told = b"".join(os.fsencode(each) + b"\0" for each in (own, tmp_path / "gone")) + os.fsencode(other)
    script = [sys.executable, "-I", "-S", guardian.__file__, "nobody"]
    assert subprocess.run(script, input=told, timeout=PATIENCE, check=True, capture_output=True).stderr == b""
    assert not own.exists()
    assert (precious / "file").exists()
    assert (other / "2/file").exists(), "its name was not told to the end"


DAEMON = """
import asyncio, os, sys
from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.owner import this_daemon
from sandbox_agent.runtime.settings import Settings
class Sink:
    def received(self, lines): print(*[line.decode() for line in lines], this_daemon().guardian_pid, flush=True)
    def exited(self, exit): print(exit, flush=True)
async def main():
    argv = (sys.executable, "-I", "-S", "-c", sys.argv[1])
    await open_link(Spawn(argv=argv, env={}, cwd="/"), Sink(), Settings())
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    if sys.argv[2] == "leave":
        os._exit(0)
asyncio.run(main())
"""
AGENT = ORPHAN + "say(os.getpid(), orphan(), orphan(1)); time.sleep(1000)"


@pytest.mark.parametrize("end", ["killed", "leaves", "returns"])
async def test_nothing_survives_the_daemon_but_what_belongs_to_others(
    end: str, sleeper: subprocess.Popen[bytes]
) -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - there is nothing else on the loop
        [sys.executable, "-c", DAEMON, AGENT, end.removesuffix("s")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as daemon:
        assert daemon.stdout is not None
        watches = [Watch(word) for word in daemon.stdout.readline().split()]
        assert len(watches) == 4
        assert all(watch.alive for watch in watches)
        if end == "killed":
            daemon.kill()
        else:
            assert daemon.stdin is not None
            daemon.stdin.close()
        assert all(watch.ended() for watch in watches)
        daemon.stdout.read()
    assert sleeper.poll() is None
    for watch in watches:
        watch.forget()
