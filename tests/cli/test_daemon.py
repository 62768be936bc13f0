"""The server in the background: started once, found again, never mistaken for another process."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from sandbox_agent._version import __version__
from sandbox_agent.cli.daemon import life
from sandbox_agent.cli.daemon.place import Place
from sandbox_agent.cli.daemon.probe import Address

from .serving import COMMAND, PATIENCE, Said, clean_environ


@dataclass
class Machine:
    """Runs `sandbox-agent daemon ...` for one port and one data folder."""

    home: Path
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def file(self, kind: str) -> Path:
        return self.home / "data" / "daemon" / f"daemon-127-0-0-1-{self.port}.{kind}"

    def popen(self, *words: str, **environ: str) -> subprocess.Popen[str]:
        command = [*COMMAND, "daemon", words[0], "-p", str(self.port), *words[1:]]
        return subprocess.Popen(
            command,
            env=clean_environ(self.home, **environ),
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __call__(self, *words: str, **environ: str) -> Said:
        with self.popen(*words, **environ) as process:
            out, err = process.communicate(timeout=PATIENCE)
        return Said(process.returncode, out, err)

    def state(self) -> dict[str, Any]:
        state: dict[str, Any] = self("status", "--output", "json").json
        return state


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        machine = Machine(tmp_path, free.getsockname()[1])
    yield machine
    if machine.file("pid").exists():
        assert machine("stop").status == 0


def test_it_starts_is_found_again_and_stops(machine: Machine) -> None:
    assert machine("status") == Said(0, "", "Daemon not running\n")
    started = machine("start")
    assert started.status == 0
    assert httpx.get(machine.url + "/v1/health", timeout=60).json() == {"status": "ok"}
    again = machine("start")
    assert again.status == 0
    assert again.err == started.err.replace("started", "already running")
    pid = machine.file("pid").read_text().strip()
    assert f"PID {pid}, version {__version__}, {machine.url}, log {machine.file('log')}" in machine("status").err
    assert machine("stop") == Said(0, "", "Daemon stopped\n")
    assert not psutil.pid_exists(int(pid)) or psutil.Process(int(pid)).status() == psutil.STATUS_ZOMBIE
    assert not machine.file("pid").exists()
    assert machine("stop") == Said(0, "", "Daemon not running\n")


def test_it_belongs_to_no_terminal_and_outlives_who_started_it(machine: Machine) -> None:
    machine("start")
    pid = machine.state()["pid"]
    assert os.getsid(pid) == pid
    assert "127.0.0.1" in machine.file("log").read_text()


@pytest.mark.parametrize("way", ["option", "file", "environment"])
def test_the_token_is_in_no_list_of_processes(machine: Machine, way: str) -> None:
    (machine.home / "token").write_text("hush-hush\n")
    words = {"option": ["-t", "hush-hush"], "file": ["--token-file", str(machine.home / "token")]}.get(way, [])
    environ = {"SANDBOX_AGENT_TOKEN": "hush-hush"} if way == "environment" else {}
    assert machine("start", *words, **environ).status == 0
    process = psutil.Process(machine.state()["pid"])
    assert "hush" not in " ".join(process.cmdline())
    assert "hush" not in " ".join(process.environ().values())
    assert "hush" not in machine.file("log").read_text()
    assert httpx.get(machine.url + "/v1/sessions", timeout=60).status_code == 401
    assert (
        httpx.get(machine.url + "/v1/sessions", headers={"authorization": "Bearer hush-hush"}, timeout=60).status_code
        == 200
    )
    assert "another token" not in machine("start", *words, **environ).err
    assert "another token" in machine("start", "-t", "other").err


def test_options_of_the_server_are_passed_on_and_nothing_else(machine: Machine) -> None:
    machine("start", "--fs-root", str(machine.home), "-O", "https://a.example", "-O", "https://b.example", "-C")
    command = psutil.Process(machine.state()["pid"]).cmdline()
    assert command[command.index("server") + 1 :] == [
        f"--port={machine.port}",
        "--cors-allow-origin=https://a.example",
        "--cors-allow-origin=https://b.example",
        "--cors-allow-credentials",
        f"--fs-root={machine.home}",
    ]


def test_its_files_are_private(machine: Machine) -> None:
    machine("start")
    assert machine.file("pid").stat().st_mode & 0o777 == 0o600
    assert machine.file("log").stat().st_mode & 0o777 == 0o600
    assert machine.file("pid").parent.stat().st_mode & 0o777 == 0o700


def test_two_starts_at_once_start_one(machine: Machine) -> None:
    both = [machine.popen("start"), machine.popen("start")]
    said = [process.communicate(timeout=PATIENCE)[1] for process in both]
    assert [process.returncode for process in both] == [0, 0]
    assert sorted(each.partition(" (")[0] for each in said) == ["Daemon already running", "Daemon started"]


def test_a_pid_that_another_process_has_is_left_alone(machine: Machine) -> None:
    machine("start")
    os.kill(pid := machine.state()["pid"], signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)], timeout=PATIENCE)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as bystander:
        machine.file("pid").write_text(f"{bystander.pid}\n")
        assert machine.state()["running"] is False
        assert machine("stop").err == "Daemon not running\n"
        assert machine("start").err.startswith("Daemon started")
        assert machine("stop").status == 0
        assert bystander.poll() is None
        bystander.communicate(b"\n", timeout=PATIENCE)
    assert bystander.returncode == 0


def test_a_paused_daemon_does_not_answer_and_is_woken_to_end(machine: Machine) -> None:
    machine("start")
    os.kill(machine.state()["pid"], signal.SIGSTOP)
    assert "It does not answer." in machine("status").err
    assert machine("stop").err == "Daemon stopped\n"
    assert machine.state()["running"] is False


def test_a_daemon_that_resists_is_killed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(life, "STOP_SECONDS", 0.1)
    place = Place(tmp_path, "x-1")
    program = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); input()"
    with place.claim() as pid_file:
        resisting = subprocess.Popen(
            [sys.executable, "-c", program],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            pass_fds=(pid_file.fileno(),),
        )
        pid_file.write(b"%d" % resisting.pid)
    with resisting:
        assert resisting.stdout is not None
        resisting.stdout.readline()
        assert life.Daemon(place, Address("127.0.0.1", 1)).stop()
    assert resisting.returncode == -signal.SIGKILL
    assert not place.file("pid").exists()


def test_upgrade_restarts_only_another_version(machine: Machine) -> None:
    machine("start")
    pid = machine.state()["pid"]
    assert "already running" in machine("start", "--upgrade").err
    machine.file("version").write_text("0.0.1\n")
    old = machine("start")
    assert "version 0.0.1" in old.err
    assert "--upgrade" in old.err
    assert machine("start", "--upgrade").err.startswith("Daemon restarted")
    assert machine.state()["pid"] != pid
    assert machine.state()["version"] == __version__
    assert machine.file("log.1").exists()


def test_why_it_could_not_start_is_said(machine: Machine) -> None:
    with socket.create_server(("127.0.0.1", machine.port)):
        said = machine("start")
    assert said.status == 1
    assert f"port {machine.port} on 127.0.0.1 is in use" in said.err
    assert not machine.file("pid").exists()
    assert machine("start", "-p", "0").status == 1
    assert machine("start", "--fs-root", "/no/such").status == 2


def test_a_server_that_was_started_otherwise_is_respected(machine: Machine) -> None:
    command = [*COMMAND, "server", "-p", str(machine.port)]
    with subprocess.Popen(command, env=clean_environ(machine.home), stdout=subprocess.PIPE) as server:
        assert server.stdout is not None
        assert server.stdout.readline()
        started = machine("start")
        assert started.status == 0
        assert "did not start answers" in started.err
        stopped = machine("stop")
        assert stopped.status == 1
        assert "was not started by `daemon start`" in stopped.err
        assert "another server answers" in machine("status").err
        server.terminate()
        assert server.wait(PATIENCE) == 0


def test_it_may_listen_on_a_unix_socket(machine: Machine) -> None:
    path = str(machine.home / "s")
    assert machine("start", "--socket", path).status == 0
    status = machine("status", "--socket", path, "--output", "json")
    assert json.loads(status.out)["endpoint"] == f"unix:{path}"
    assert machine("stop", "--socket", path).err == "Daemon stopped\n"
