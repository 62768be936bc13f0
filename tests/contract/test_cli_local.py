"""The rows of the command line's contract that ask no server: daemon, server, credentials."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from tests.cli.serving import COMMAND, PATIENCE, Said, clean_environ

KEY = "sk-ant-0123456789abcdef"


def run(home: Path, *words: str, **environ: str) -> Said:
    done = subprocess.run(
        [*COMMAND, *words],
        env=clean_environ(home, **environ),
        cwd=home,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    return Said(done.returncode, done.stdout, done.stderr)


# Daemon


@pytest.fixture
def address(tmp_path: Path) -> Iterator[Sequence[str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = ("-H", "127.0.0.1", "-p", str(free.getsockname()[1]))
    yield address
    run(tmp_path, "daemon", "stop", *address)


def test_daemon_start_status_stop(tmp_path: Path, address: Sequence[str]) -> None:
    started = run(tmp_path, "daemon", "start", *address)
    assert (started.status, started.out) == (0, "")
    status = run(tmp_path, "daemon", "status", *address)
    assert (status.status, status.out) == (0, "")
    assert status.err.startswith("Daemon running (PID ")
    assert run(tmp_path, "daemon", "stop", *address).status == 0
    assert run(tmp_path, "daemon", "stop", *address).status == 0
    assert run(tmp_path, "daemon", "status", *address) == Said(0, "", "Daemon not running\n")


def test_daemon_state_files(tmp_path: Path, address: Sequence[str]) -> None:
    run(tmp_path, "daemon", "start", *address)
    folder = tmp_path / "data" / "daemon"
    names = {each.name for each in folder.iterdir()}
    assert {f"daemon-127-0-0-1-{address[-1]}.{kind}" for kind in ("pid", "log", "version")} <= names
    assert (folder / f"daemon-127-0-0-1-{address[-1]}.pid").read_text().strip().isdecimal()


def test_daemon_start_token_is_not_on_the_command_line(tmp_path: Path, address: Sequence[str]) -> None:
    run(tmp_path, "daemon", "start", *address, "--token", "hush-hush")
    pid = json.loads(run(tmp_path, "daemon", "status", *address, "--output", "json").out)["pid"]
    shown = subprocess.run(["ps", "-o", "args=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    assert "server" in shown
    assert "hush" not in shown
    url = f"http://127.0.0.1:{address[-1]}"
    assert run(tmp_path, "sessions", "list", "-e", url).status == 1
    assert run(tmp_path, "sessions", "list", "-e", url, "-t", "hush-hush").status == 0


def test_daemon_child_is_in_a_session_of_its_own(tmp_path: Path, address: Sequence[str]) -> None:
    run(tmp_path, "daemon", "start", *address)
    pid = json.loads(run(tmp_path, "daemon", "status", *address, "--output", "json").out)["pid"]
    assert os.getsid(pid) == pid


# Server


@pytest.mark.parametrize("host", ["0.0.0.0", "::"])  # noqa: S104 - that it is refused is what is tested
def test_server_without_token_and_no_token_beyond_this_machine(tmp_path: Path, host: str) -> None:
    said = run(tmp_path, "server", "--host", host, "--port", "0")
    assert said.status == 1
    assert "--token" in said.err
    assert "--no-token" in said.err


@pytest.mark.parametrize("words", [["-p", "x"], ["--port", "65536"], ["--nonsense"]], ids=" ".join)
def test_server_parsing_errors_exit_2(tmp_path: Path, words: list[str]) -> None:
    assert run(tmp_path, "server", *words).status == 2


# Credentials


def test_credentials_extract_is_redacted_json(tmp_path: Path) -> None:
    said = run(tmp_path, "credentials", "extract", ANTHROPIC_API_KEY=KEY)
    assert said.json == {
        "anthropic": {
            "provider": "anthropic",
            "source": "environment",
            "auth_type": "api_key",
            "api_key": "sk-a...cdef",
            "redacted": True,
        },
        "openai": None,
        "other": {},
    }
    assert run(tmp_path, "credentials", "extract", "-r", ANTHROPIC_API_KEY=KEY).json["anthropic"]["api_key"] == KEY


@pytest.mark.parametrize("chosen", [["-a", "claude"], ["-p", "anthropic"]], ids=" ".join)
def test_credentials_extract_of_one_is_redacted_too(tmp_path: Path, chosen: list[str]) -> None:
    said = run(tmp_path, "credentials", "extract", *chosen, ANTHROPIC_API_KEY=KEY)
    assert said == Said(0, "sk-a...cdef\n", "")
    assert run(tmp_path, "credentials", "extract", *chosen, "--reveal", ANTHROPIC_API_KEY=KEY).out == f"{KEY}\n"


@pytest.mark.parametrize("chosen", [["-a", "codex"], ["-p", "nobody"]], ids=" ".join)
def test_credentials_extract_nothing_found_exits_1(tmp_path: Path, chosen: list[str]) -> None:
    said = run(tmp_path, "credentials", "extract", *chosen)
    assert (said.status, said.out) == (1, "")
    assert said.err


@pytest.mark.parametrize(("option", "begin"), [([], ""), (["-e"], "export "), (["--export"], "export ")], ids=str)
def test_credentials_extract_env_is_safe_to_evaluate(tmp_path: Path, option: list[str], begin: str) -> None:
    said = run(tmp_path, "credentials", "extract-env", *option, OPENAI_API_KEY="a'$(touch gone)\"")
    assert all(line.startswith(begin) for line in said.out.splitlines())
    shell = f'{said.out}\nprintf %s "$OPENAI_API_KEY"'
    done = subprocess.run(["sh", "-c", shell], cwd=tmp_path, env={}, capture_output=True, text=True, check=True)
    assert done.stdout == "a'$(touch gone)\""
    assert not (tmp_path / "gone").exists()
