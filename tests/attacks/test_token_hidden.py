"""An agent runs as the daemon's user, so it can read what the system shows of every process of that user. However the
daemon got its token, none of them shows it."""

from __future__ import annotations

import contextlib
import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import TypeAlias

import httpx
import pytest
from tests.cli.serving import COMMAND, clean_environ

from sandbox_agent.client.spawn import launch

PATIENCE = 60
TOKEN = "canary-token-7c21"
DECOY = "canary-decoy-7c21"
AGENT = """#!/bin/sh
case "$1" in --version) echo '2.0.0 (Claude Code)'; exit;; esac
grep -Flazsf "$HOME/words" /proc/[0-9]*/environ /proc/[0-9]*/cmdline > "$HOME/found"
exit 3
"""
LIKE_FIRST = """
import os, sys
from sandbox_agent.cli import main
real = os.getpid
def once():
    os.getpid = real
    return 1
os.getpid = once
sys.exit(main())
"""
Running: TypeAlias = contextlib.AbstractContextManager[tuple[str, str]]
Way: TypeAlias = Callable[[Path], Running]


@contextlib.contextmanager
def server(
    home: Path, *options: str, given: str = "", command: list[str] = COMMAND, **environ: str
) -> Generator[tuple[str, str]]:
    """`sandbox-agent server` and its token."""
    with subprocess.Popen(
        [*command, "server", "--port", "0", *options],
        env=clean_environ(home, **programs(home), **environ),
        cwd=home,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(given)
        process.stdin.close()
        found = re.search(r"listening on (\S+)", process.stdout.readline())
        assert found is not None
        yield found[1], TOKEN
        process.terminate()
        process.wait(PATIENCE)


@contextlib.contextmanager
def in_the_background(home: Path) -> Generator[tuple[str, str]]:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = str(free.getsockname()[1])
    environ = clean_environ(home, **programs(home), SANDBOX_AGENT_TOKEN=TOKEN)
    for action in ("start", "stop"):
        subprocess.run([*COMMAND, "daemon", action, "-p", port], env=environ, check=True, timeout=PATIENCE)
        if action == "start":
            yield f"http://127.0.0.1:{port}", TOKEN


@contextlib.contextmanager
def embedded(home: Path) -> Generator[tuple[str, str]]:
    daemon = launch(env={**clean_environ(home), **programs(home)}, cwd=home)
    yield daemon.base_url, daemon.token
    daemon.close()


def programs(home: Path) -> dict[str, str]:
    return {"SANDBOX_AGENT_CLAUDE_BIN": str(home / "claude")}


WAYS: dict[str, Way] = {
    "--token": lambda home: server(home, "--token", TOKEN),
    "--token=": lambda home: server(home, f"--token={TOKEN}"),
    "-t, in one word": lambda home: server(home, f"-t{TOKEN}"),
    "--token-file": lambda home: server(home, "--token-file", str(home / "token")),
    "--token-file -": lambda home: server(home, "--token-file", "-", given=TOKEN),
    "environment": lambda home: server(home, SANDBOX_AGENT_TOKEN=TOKEN),
    "environment, first process": lambda home: server(
        home, command=[sys.executable, "-c", LIKE_FIRST], SANDBOX_AGENT_TOKEN=TOKEN
    ),
    "--token, first process": lambda home: server(home, "--token", TOKEN, command=[sys.executable, "-c", LIKE_FIRST]),
    "daemon start": in_the_background,
    "start() of a client": embedded,
}


@pytest.fixture
def decoy() -> Iterator[int]:
    """A process that shows a secret, so that we know the agent looks well."""
    program = [sys.executable, "-c", "print(flush=True); input()"]
    with subprocess.Popen(program, env={"X": DECOY}, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        yield process.pid
        process.communicate(b"\n", timeout=PATIENCE)


@pytest.mark.parametrize("way", WAYS)
def test_an_agent_finds_the_token_nowhere(tmp_path: Path, decoy: int, way: str) -> None:
    (tmp_path / "token").write_text(TOKEN)
    (tmp_path / "claude").write_text(AGENT)
    (tmp_path / "claude").chmod(0o755)
    with WAYS[way](tmp_path) as (url, token):
        (tmp_path / "words").write_text(f"{token}\n{DECOY}\n")
        headers = {"authorization": f"Bearer {token}"}
        with httpx.Client(base_url=url, headers=headers, timeout=PATIENCE, trust_env=False) as client:
            client.post("/v1/sessions/s", json={"agent": "claude"}).raise_for_status()
            client.post("/v1/sessions/s/messages/stream", json={"message": "look"}).raise_for_status()
            assert client.get("/v1/sessions").status_code == 200
        assert httpx.get(f"{url}/v1/sessions", trust_env=False, timeout=60).status_code == 401
    assert (tmp_path / "found").read_text().split() == [f"/proc/{decoy}/environ"]


def test_what_is_hidden_is_hidden_and_nothing_else() -> None:
    program = (
        "import os, sys; from sandbox_agent.cli.hiding import hide_argument, hide_variable\n"
        "hide_variable('SECRET'); hide_variable('NONE'); hide_argument('open', ('-t', '--token'))\n"
        "for name in ('environ', 'cmdline'): print(open(f'/proc/self/{name}').read().split(chr(0))[:-1])\n"
        "print('SECRET' in os.environ, sys.argv[1:])"
    )
    words = ["-topen", "--token=open", "open", "opened", "--other=open", "-t", ""]
    env = {"A": "hush", "SECRET": "hush", "MY_SECRET": "hush", "B": "SECRET=hush", "PATH": os.environ["PATH"]}
    said = subprocess.run(
        [sys.executable, "-c", program, *words], env=env, check=True, capture_output=True, text=True, timeout=PATIENCE
    ).stdout.splitlines()
    environ = {**env, "SECRET": "****"}
    hidden = ["-t****", "--token=****", "****", "opened", "--other=open", "-t", ""]
    assert said[0] == str([f"{name}={value}" for name, value in environ.items()])
    assert said[1].endswith(str(hidden)[1:])
    assert said[2] == f"False {words}"
