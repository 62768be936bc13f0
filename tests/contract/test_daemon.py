"""The daemon as a process: where it listens, what it logs, and how it stops. Sections 0 and 13, and starts that fail.

SIGTERM is as good as SIGINT, and an open stream blocks no exit: both are bugs of the 0.1.x server.
"""

from __future__ import annotations

import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from tests.cli.serving import COMMAND, clean_environ

from sandbox_agent.cli import whole_parser

PATIENCE = 60


@contextmanager
def daemon(folder: Path, **environ: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A daemon and its address; what it logs is in `stderr` of the folder."""
    with (folder / "stderr").open("w") as log:
        command = [*COMMAND, "server", "--port", "0", "--mock-pace", "0"]
        environment = clean_environ(folder, **environ)
        with subprocess.Popen(
            command, env=environment, cwd=folder, stdout=subprocess.PIPE, stderr=log, text=True
        ) as process:
            try:
                assert process.stdout is not None
                found = re.search(r"listening on (\S+)", process.stdout.readline())
                assert found is not None
                yield process, found[1]
            finally:
                process.kill()


LOGGED: dict[str, tuple[dict[str, str], bool, bool]] = {
    "default": ({}, True, False),
    "SANDBOX_AGENT_LOG_HTTP=0": ({"SANDBOX_AGENT_LOG_HTTP": "0"}, False, False),
    "SANDBOX_AGENT_LOG_HTTP=false": ({"SANDBOX_AGENT_LOG_HTTP": "false"}, False, False),
    "SANDBOX_AGENT_LOG_HTTP=1": ({"SANDBOX_AGENT_LOG_HTTP": "1"}, True, False),
    "RUST_LOG=warn": ({"RUST_LOG": "warn"}, False, False),
    "RUST_LOG=info": ({"RUST_LOG": "info"}, True, False),
    "SANDBOX_AGENT_LOG_HTTP_HEADERS": ({"SANDBOX_AGENT_LOG_HTTP_HEADERS": "1"}, True, True),
}


@pytest.mark.parametrize("case", LOGGED)
def test_request_log(tmp_path: Path, case: str) -> None:
    environ, requests, headers = LOGGED[case]
    with daemon(tmp_path, **environ) as (process, url):
        sent = {"authorization": "Bearer made-up", "x-shown": "yes"}
        assert httpx.get(f"{url}/v1/sessions", headers=sent, timeout=PATIENCE).status_code == 200
        process.terminate()
        assert process.wait(PATIENCE) == 0
    log = (tmp_path / "stderr").read_text()
    assert ("path=/v1/sessions status=200" in log) is requests
    assert ("x-shown='yes'" in log) is headers
    assert ("authorization=[redacted]" in log) is headers
    assert "made-up" not in log


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_shutdown_ends_agents_and_open_streams_mended(tmp_path: Path, number: signal.Signals) -> None:
    with daemon(tmp_path) as (process, url):
        httpx.post(f"{url}/v1/sessions/s", json={"agent": "mock"}, timeout=PATIENCE).raise_for_status()
        with httpx.stream("GET", f"{url}/v1/sessions/s/events/sse", timeout=PATIENCE) as stream:
            chunks = stream.iter_text()
            assert '"session.started"' in next(chunks)
            process.send_signal(number)
            assert '"session.ended"' in "".join(chunks)
        assert process.wait(PATIENCE) == 0


STARTS: dict[str, list[str]] = {
    "origin": ["--cors-allow-origin", "no origin"],
    "method": ["--cors-allow-method", "NO METHOD"],
    "header": ["--cors-allow-header", "no:header"],
}


@pytest.mark.parametrize("invalid", STARTS)
def test_cors_invalid_value_fails_the_start_with_exit_1(tmp_path: Path, invalid: str) -> None:
    done = subprocess.run(
        [*COMMAND, "server", "--port", "0", *STARTS[invalid]],
        env=clean_environ(tmp_path),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("sandbox-agent server: ")


def test_default_bind() -> None:
    args = whole_parser().parse_args(["server"])
    assert (args.host, args.port) == ("127.0.0.1", 2468)
