"""Streams in a real terminal and over connections that break."""

from __future__ import annotations

import contextlib
import socket
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from .serving import COMMAND, TOKEN, Cli, serving
from .terminal import Terminal


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served"), "--mock-pace", "0.01") as url:
        yield url


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, url: str) -> Cli:
    cli = Cli(capsys, monkeypatch)
    cli.point_to(url)
    return cli


@pytest.mark.parametrize("output", [[], ["--output", "json"], ["--output", "pretty"]], ids=str)
def test_a_stream_is_printed_while_the_turn_runs_and_ctrl_c_only_stops_watching(
    cli: Cli, tmp_path: Path, output: list[str]
) -> None:
    name = "watched" + "-".join(output)
    cli("sessions", "create", name, "-a", "mock")
    words = ["sessions", "send-message-stream", name, "-m", "slow 100000", *output]
    with Terminal(words, tmp_path) as terminal:
        terminal.expect("word")
        terminal.expect("3")
        terminal.press("c")
        status, shown = terminal.end()
    assert status == 130
    assert "sessions interrupt" in shown
    assert "Traceback" not in shown
    assert cli("sessions", "get", name).json["state"] == "running"
    assert cli("sessions", "interrupt", name).status == 0


EVENT = (
    '{"event_id":"evt_7","sequence":7,"time":"2026-11-23T10:00:00.000Z","session_id":"s","type":"turn.ended",'
    '"data":{"phase":"ended","reason":"completed"}}'
)


@contextlib.contextmanager
def saying(*frames: str, end: str) -> Iterator[str]:
    """A server that answers one request with these frames, and ends as it is told; its address."""
    head = "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n"
    chunks = "".join(f"{len(frame):x}\r\n{frame}\r\n" for frame in frames)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall((head + chunks + end).encode())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.getsockname()[1]}"
        thread.join(30)


def test_a_stream_that_breaks_says_where_to_go_on(cli: Cli) -> None:
    with saying(f"id: 7\ndata: {EVENT}\n\n", end="") as url:
        said = cli("sessions", "events-sse", "s", "-e", url)
    assert said.status == 1
    assert EVENT in said.out
    assert "--offset 7" in said.err


@pytest.mark.parametrize("output", ["json", "pretty"])
def test_heartbeats_are_no_events(cli: Cli, output: str) -> None:
    beat = 'event: heartbeat\ndata: {"type":"heartbeat","offset":6}\n\n'
    with saying(beat, f"id: 7\ndata: {EVENT}\n\n", beat, end="0\r\n\r\n") as url:
        said = cli("sessions", "events-sse", "s", "-e", url, "--output", output)
    assert said.status == 0
    assert said.out.strip() == (EVENT if output == "json" else "completed")


def test_a_server_may_listen_on_a_unix_socket(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    cli = Cli(capsys, monkeypatch)
    with serving(tmp_path, "--socket", str(tmp_path / "s")):
        cli.point_to(f"unix:{tmp_path}/s")
        assert cli("sessions", "create", "s", "-a", "mock").json["healthy"]
        assert "turn.ended" in cli("sessions", "send-message-stream", "s", "-m", "hello", "-t", TOKEN).out
    # In a process of its own: httpcore leaves the socket of a failed attempt to the garbage collection, which warns.
    done = subprocess.run([*COMMAND, "sessions", "list"], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "no server can be reached" in done.stderr
