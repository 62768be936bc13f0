"""The portable executable runs where there is nothing: no Python, no writable root, no home, no known user."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import httpx
import psutil

from sandbox_agent import SandboxAgent

from .conftest import Machine

COMMAND = "/usr/local/bin/sandbox-agent"
GLIBC = (2, 28)


def test_it_needs_no_glibc_newer_than_the_oldest_we_promise(executable: Path) -> None:
    table = subprocess.run(["objdump", "-T", str(executable)], capture_output=True, text=True, check=True).stdout
    versions = {tuple(map(int, found.split("."))) for found in re.findall(r"GLIBC_([0-9.]+)", table)}
    assert versions
    assert max(versions) <= GLIBC


def test_it_runs_a_turn_where_there_is_no_python(machine: Machine) -> None:
    done = machine.run(COMMAND, "run", "mock", "hello", "--json")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert events[-1]["type"] == "turn.ended"
    assert events[-1]["data"]["reason"] == "completed"


def test_a_client_starts_it_where_only_the_client_is_installed(executable: Path, tmp_path: Path) -> None:
    home = {"SANDBOX_AGENT_BIN": str(executable), "HOME": str(tmp_path)}
    with SandboxAgent.start(env=home, data_dir=tmp_path, mock_pace=0) as client:
        assert client.http.daemon is not None
        assert psutil.Process(client.http.daemon.process.pid).exe() == str(executable)
        assert client.create_session("s", agent="mock").send("hello").wait().text == "hello"


def test_it_serves_from_a_read_only_root_to_a_user_nobody_knows(machine: Machine) -> None:
    argv = ["SANDBOX_AGENT_DATA_DIR=/data", COMMAND, "server", "--port", "0"]
    with machine.running(argv, read_only=True, user="12345:12345") as process:
        url = served(process)
        assert post(f"{url}/v1/sessions/s", {"agent": "mock"}).json()["healthy"]
        assert '"turn.ended"' in post(f"{url}/v1/sessions/s/messages/stream", {"message": "hello"}).text
        document = httpx.get(f"{url}/v1/openapi.json", timeout=60, trust_env=False).json()
        described = document["components"]["schemas"]["CreateSessionRequest"]["properties"]["directory"]
        assert described["description"]


def test_what_it_started_ends_when_it_is_killed(machine: Machine) -> None:
    agent = machine.root / "usr/local/bin/agent"
    agent.write_text("#!/bin/sh\nsleep 1000 &\nsleep 1000\n")
    agent.chmod(0o755)
    environ = "SANDBOX_AGENT_DATA_DIR=/data SANDBOX_AGENT_CLAUDE_BIN=/usr/local/bin/agent"
    script = f"{environ} {COMMAND} server --port 0; while true; do sleep 1; done"
    with machine.running(["sh", "-c", script]) as process:
        url = served(process)
        post(f"{url}/v1/sessions/s", {"agent": "claude"})
        post(f"{url}/v1/sessions/s/messages", {"message": "hello"})
        family = psutil.Process(process.pid)
        until(lambda: len(sleepers(family)) == 2)
        left = sleepers(family)
        (daemon,) = (each for each in family.children(recursive=True) if each.cmdline()[1:2] == ["server"])
        daemon.kill()
        assert psutil.wait_procs(left, timeout=30)[1] == []


def served(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().split(" on ")[1].strip()


def post(url: str, body: dict[str, str]) -> httpx.Response:
    return httpx.post(url, json=body, timeout=60, trust_env=False).raise_for_status()


def sleepers(family: psutil.Process) -> list[psutil.Process]:
    return [each for each in family.children(recursive=True) if each.cmdline() == ["sleep", "1000"]]


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
