"""A daemon of one's own: it comes up, it tells why not, and it never stays behind."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox_agent import AsyncSandboxAgent, ConnectionFailed, SandboxAgent
from sandbox_agent.client.spawn import launch

pytestmark = pytest.mark.anyio

_PARENT = """
import sys
from sandbox_agent import SandboxAgent
client = SandboxAgent.start(mock_pace=0.01)
session = client.create_session("s", agent="mock")
turn = session.send("slow 100000")
next(turn)
print(client.http.daemon.process.pid, flush=True)
sys.stdin.read()
"""


def test_start_runs_a_turn_and_closing_leaves_no_process(tmp_path: Path) -> None:
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        assert client.http.daemon is not None
        process = client.http.daemon.process
        assert client.create_session("s", agent="mock").send("hello").wait().text == "hello"
    assert process.returncode == 0
    client.close()


def test_every_daemon_has_an_address_and_a_token_of_its_own(tmp_path: Path) -> None:
    daemons = [launch(data_dir=tmp_path) for _ in range(2)]
    try:
        assert len({daemon.base_url for daemon in daemons}) == 2
        assert len({daemon.token for daemon in daemons}) == 2
        assert all(daemon.base_url.startswith("http://127.0.0.1:") and len(daemon.token) >= 32 for daemon in daemons)
    finally:
        for daemon in daemons:
            daemon.close()


async def test_start_is_there_for_asyncio_too(tmp_path: Path) -> None:
    async with AsyncSandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        assert client.http.daemon is not None
        process = client.http.daemon.process
        session = await client.create_session("s", agent="mock")
        assert (await session.send("hello").wait()).text == "hello"
    assert process.returncode == 0


def test_a_daemon_that_does_not_come_up_tells_why(tmp_path: Path) -> None:
    broken = tmp_path / "sitecustomize.py"
    broken.write_text("raise SystemExit('this machine is out of order')")
    with pytest.raises(ConnectionFailed, match="this machine is out of order"):
        SandboxAgent.start(env={"PYTHONPATH": str(tmp_path)})


async def test_asyncio_hears_why_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('this machine is out of order')")
    with pytest.raises(ConnectionFailed, match="this machine is out of order"):
        async with AsyncSandboxAgent.start(env={"PYTHONPATH": str(tmp_path)}):
            pass


def test_a_daemon_that_dies_is_told_from_one_that_is_slow(tmp_path: Path) -> None:
    with SandboxAgent.start(data_dir=tmp_path) as client:
        session = client.create_session("s", agent="mock")
        turn = session.send("slow 100000")
        next(turn)
        assert client.http.daemon is not None
        client.http.daemon.process.kill()
        with pytest.raises(ConnectionFailed):
            turn.wait()
        with pytest.raises(ConnectionFailed, match="exit status -9"):
            client.health()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_a_parent_that_is_killed_leaves_no_daemon(number: signal.Signals) -> None:
    parent = subprocess.Popen([sys.executable, "-c", _PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    with parent.stdin, parent.stdout:
        daemon = psutil.Process(int(parent.stdout.readline()))
        everybody = [daemon, *daemon.children(recursive=True)]
        parent.send_signal(number)
        parent.wait(10)
    _, alive = psutil.wait_procs(everybody, timeout=10)
    assert alive == []


def test_the_log_can_go_into_a_file_and_the_token_is_nowhere(tmp_path: Path) -> None:
    log = tmp_path / "daemon.log"
    with SandboxAgent.start(data_dir=tmp_path, log=log) as client:
        client.list_sessions()
        assert client.http.daemon is not None
        assert client.token is not None
        command = psutil.Process(client.http.daemon.process.pid).cmdline()
    assert "listening" in log.read_text()
    assert client.token not in log.read_text()
    assert not any(client.token in word for word in command)


def test_the_daemon_works_where_it_is_told_to(tmp_path: Path) -> None:
    daemon = launch(cwd=tmp_path, data_dir=tmp_path)
    try:
        with SandboxAgent.connect(daemon.base_url, token=daemon.token) as client:
            client.health()
            process = psutil.Process(daemon.process.pid)
            assert Path(process.cwd()) == tmp_path.resolve()
            assert os.getsid(daemon.process.pid) == daemon.process.pid
            assert daemon.failure() is None
    finally:
        daemon.close()


def test_a_unix_socket_is_its_owners_alone_and_goes_with_the_daemon(tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0, socket=path) as client:
        assert client.base_url == f"unix:{path}"
        assert path.stat().st_mode & 0o777 == 0o600
        assert client.create_session("s", agent="mock").send("hello").wait().text == "hello"
        with SandboxAgent.connect(client.base_url, token=client.token) as other:
            assert other.get_session("s").event_count > 1
        with pytest.raises(ConnectionFailed, match="listens at"):
            SandboxAgent.start(socket=path)
    assert not path.exists()


async def test_a_socket_that_a_killed_daemon_left_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "agent.sock"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    async with AsyncSandboxAgent.start(data_dir=tmp_path, socket=path) as client:
        assert (await client.health()).status == "ok"
