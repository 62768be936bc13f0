"""The real command in a process of its own: how it starts, what it prints, how it stops."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import re
import select
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import httpx
import psutil
import pytest

from sandbox_agent.cli import main

EVERYWHERE = ("0.0.0.0", "::")  # noqa: S104 - that it is guarded is what is tested
COMMAND = [sys.executable, "-m", "sandbox_agent"]
PATIENCE = 20
Start: TypeAlias = Callable[..., "Daemon"]


class Daemon:
    """A running `sandbox-agent server`."""

    def __init__(self, process: subprocess.Popen[bytes], said: str) -> None:
        self.process = process
        self.said = said
        self.url = re.findall(r"listening on (\S+)", said)[0]

    def get(self, path: str, **options: Any) -> httpx.Response:
        return httpx.get(self.url + path, timeout=PATIENCE, **options)

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        return httpx.post(self.url + path, json=body, timeout=PATIENCE, **options)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)


@pytest.fixture
def environ(tmp_path: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "SANDBOX_AGENT_DATA_DIR": str(tmp_path / "data")}


@pytest.fixture
def start(environ: dict[str, str], tmp_path: Path) -> Iterator[Start]:
    """Start a daemon on a free port and read what it prints."""
    started: list[subprocess.Popen[bytes]] = []

    def run(
        *options: str, before: Sequence[str] = (), port: bool = True, env: dict[str, str] | None = None, **popen: Any
    ) -> Daemon:
        argv = [*COMMAND, *before, "server", *(["--port", "0"] if port else []), *options]
        with (tmp_path / "stderr").open("w") as log:
            process = subprocess.Popen(
                argv,
                stdout=subprocess.PIPE,
                stderr=popen.pop("stderr", log),
                env=environ | (env or {}),
                cwd=tmp_path,
                **popen,
            )
        started.append(process)
        assert process.stdout is not None
        said = b""
        while not (b"curl" in said and said.endswith(b"\n")):
            assert select.select([process.stdout], [], [], PATIENCE)[0], said
            more = os.read(process.stdout.fileno(), 4096)
            assert more, (tmp_path / "stderr").read_text()
            said += more
        return Daemon(process, said.decode())

    yield run
    for process in started:
        process.kill()
        process.wait(PATIENCE)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def refused(environ: dict[str, str], *options: str) -> str:
    done = subprocess.run(
        [*COMMAND, "server", *options],
        env=environ,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1, done
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def test_it_prints_where_it_is_and_a_first_turn_to_copy(start: Start) -> None:
    daemon = start()
    assert daemon.get("/v1/health").json() == {"status": "ok"}
    if shutil.which("curl") is None:
        pytest.fail("this test needs curl")
    line = daemon.said.splitlines()[-1]
    turn = subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=PATIENCE, check=True)
    assert '{"healthy":true' in turn.stdout
    assert '"type":"turn.ended"' in turn.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_with_streams_open_and_agents_running(start: Start, number: signal.Signals) -> None:
    daemon = start("--mock-pace", "0.05")
    for session in ("a", "b"):
        daemon.post(f"/v1/sessions/{session}", {"agent": "mock"})
        daemon.post(f"/v1/sessions/{session}/messages", {"message": "slow"})
    with httpx.stream("GET", daemon.url + "/v1/sessions/a/events/sse", timeout=PATIENCE) as stream:
        chunks = stream.iter_bytes()
        assert b"id: 1\n" in next(chunks)
        daemon.process.send_signal(number)
        rest = b"".join(chunks)
    assert b'"type":"session.ended"' in rest.rstrip().splitlines()[-1]
    assert daemon.process.wait(5) == 0


def test_a_stalled_reader_does_not_stop_the_stop(start: Start) -> None:
    daemon = start()
    daemon.post("/v1/sessions/s", {"agent": "mock"})
    daemon.post("/v1/sessions/s/messages", {"message": "big 8000000"})
    host, port = daemon.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall(b"GET /v1/sessions/s/events/sse HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert stalled.recv(1)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(5) == 0


def test_a_second_signal_is_final(start: Start) -> None:
    daemon = start()
    daemon.post("/v1/sessions/s", {"agent": "mock"})
    daemon.post("/v1/sessions/s/messages", {"message": "big 8000000"})
    host, port = daemon.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as stalled:
        stalled.sendall(b"GET /v1/sessions/s/events/sse HTTP/1.1\r\nhost: localhost\r\n\r\n")
        assert stalled.recv(1)
        daemon.process.send_signal(signal.SIGINT)
        daemon.process.send_signal(signal.SIGTERM)
        assert daemon.process.wait(5) == 0


def test_a_port_in_use_is_one_sentence(environ: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"port {port} on 127.0.0.1 is in use" in refused(environ, "-p", str(port))


@pytest.mark.parametrize("host", EVERYWHERE)
def test_beyond_this_machine_it_wants_a_token(environ: dict[str, str], host: str) -> None:
    sentence = refused(environ, "--host", host, "--port", "0")
    assert "--token" in sentence
    assert "--no-token" in sentence


def test_beyond_this_machine_without_a_token_if_one_says_so(start: Start) -> None:
    daemon = start("--host", EVERYWHERE[0], "--no-token")
    assert daemon.url.startswith("http://127.0.0.1:")
    assert daemon.get("/v1/sessions", headers={"host": "box.example"}).status_code == 200


def test_the_token_may_stand_before_or_after_the_command(start: Start) -> None:
    for options in ({"before": ["-t", "secret"]}, {"after": ["-t", "secret"]}):
        daemon = start("-H", EVERYWHERE[0], *options.get("after", []), before=options.get("before", []))
        assert daemon.get("/v1/sessions").status_code == 401
        assert daemon.get("/v1/sessions", headers={"authorization": "Bearer secret"}).status_code == 200
        assert "secret" not in daemon.said


def test_the_token_may_come_from_the_environment_and_agents_do_not_see_it(start: Start) -> None:
    daemon = start(env={"SANDBOX_AGENT_TOKEN": "secret"})
    assert daemon.get("/v1/sessions").status_code == 401
    assert daemon.get("/v1/sessions", auth=("any", "secret")).status_code == 200


def test_an_explicit_no_token_beats_the_environment(start: Start) -> None:
    assert start("-n", env={"SANDBOX_AGENT_TOKEN": "secret"}).get("/v1/sessions").status_code == 200


@pytest.mark.parametrize(
    "options",
    [
        ["--token", ""],
        ["-O", "no origin"],
        ["-M", "NO METHOD"],
        ["-A", "no:header"],
        ["--fd", "1000"],
        ["--host", "no.such.host.invalid"],
        ["--port", "0", "--exit-with-parent"],
    ],
    ids=" ".join,
)
def test_options_that_cannot_work_are_one_sentence(environ: dict[str, str], options: list[str]) -> None:
    assert refused(environ, *options).startswith("sandbox-agent server: ")


def test_an_agent_that_is_required_must_exist(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["server", "--require", "nobody"])
    assert "there is no agent 'nobody'; there are: " in capsys.readouterr().err
    daemon = start("--require", "mock", "--require", "amp", env={"PATH": "/nowhere"})
    problem = httpx.get(f"{daemon.url}/v1/ready", timeout=60).json()
    assert [each["id"] for each in problem["details"]["agents"]] == ["mock", "amp"]


def test_cors_options_with_credentials_work_together(start: Start) -> None:
    daemon = start("-O", "https://a.example", "-O", "https://b.example", "-C", "--no-telemetry")
    wish = {"origin": "https://b.example", "access-control-request-headers": "x-a"}
    response = httpx.options(daemon.url + "/v1/sessions", headers=wish)
    assert response.headers["access-control-allow-origin"] == "https://b.example"
    assert response.headers["access-control-allow-headers"] == "x-a"


def test_it_serves_on_an_inherited_socket(start: Start) -> None:
    with socket.create_server(("127.0.0.1", 0)) as sock:
        port = sock.getsockname()[1]
        daemon = start("--fd", str(sock.fileno()), port=False, pass_fds=[sock.fileno()])
    assert daemon.url == f"http://127.0.0.1:{port}"
    assert daemon.get("/v1/health").status_code == 200


def test_it_serves_on_a_unix_socket_and_takes_it_away(start: Start, tmp_path: Path) -> None:
    path = tmp_path / "daemon.sock"
    for _ in range(2):  # the second time over the socket of one that was killed
        daemon = start("--socket", str(path), port=False)
        assert daemon.url == f"unix:{path}"
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(path)), base_url="http://any.name", timeout=60
        ) as client:
            assert client.post("/v1/sessions/s", json={"agent": "mock"}).status_code == 200
            stream = client.post("/v1/sessions/s/messages/stream", json={"message": "hello"})
            assert "turn.ended" in stream.text
        daemon.process.kill()
        daemon.process.wait(PATIENCE)
        assert path.is_socket()
    daemon = start("--socket", str(path), port=False)
    assert daemon.stop() == 0
    assert not path.exists()


def test_it_logs_into_a_file_for_each_day_when_told(start: Start, tmp_path: Path) -> None:
    daemon = start("--log-to-file", "--no-telemetry")
    daemon.get("/v1/sessions/nobody?token=hidden")
    daemon.stop()
    (file,) = (tmp_path / "data" / "logs").iterdir()
    assert re.fullmatch(r"log-\d\d-\d\d-\d\d", file.name)
    assert "path=/v1/sessions/nobody status=404" in file.read_text()
    assert "hidden" not in file.read_text()
    assert (tmp_path / "stderr").read_text() == "There is no telemetry to turn off.\n"


def test_the_folder_of_logs_may_be_named_and_must_be_one(environ: dict[str, str], start: Start, tmp_path: Path) -> None:
    daemon = start(env={"SANDBOX_AGENT_LOG_TO_FILE": "1", "SANDBOX_AGENT_LOG_DIR": "my logs"})
    daemon.get("/v1/health")
    daemon.stop()
    assert [path.name[:4] for path in (tmp_path / "my logs").iterdir()] == ["log-"]
    (tmp_path / "file").write_text("")
    environ["SANDBOX_AGENT_LOG_DIR"] = str(tmp_path / "file")
    assert "cannot log to a file" in refused(environ, "--port", "0", "--log-to-file")


def test_it_stops_when_its_parent_lets_go(start: Start) -> None:
    daemon = start("--exit-with-parent", stdin=subprocess.PIPE)
    assert daemon.get("/v1/health").status_code == 200
    assert daemon.process.stdin is not None
    daemon.process.stdin.close()
    assert daemon.process.wait(PATIENCE) == 0


def test_requests_are_logged_to_stderr_unless_that_is_off(start: Start, tmp_path: Path) -> None:
    daemon = start()
    daemon.get("/v1/sessions/nobody", headers={"authorization": "Bearer hidden"})
    assert daemon.stop() == 0
    log = (tmp_path / "stderr").read_text()
    assert "method=GET path=/v1/sessions/nobody status=404" in log
    assert "hidden" not in log
    quiet = start(env={"SANDBOX_AGENT_LOG_HTTP": "0"})
    quiet.get("/v1/health")
    assert quiet.stop() == 0
    assert (tmp_path / "stderr").read_text() == ""


def test_a_stderr_that_nobody_reads_stalls_nothing(start: Start) -> None:
    daemon = start(stderr=subprocess.PIPE, env={"SANDBOX_AGENT_LOG_HTTP_HEADERS": "1"})
    with httpx.Client(base_url=daemon.url, timeout=PATIENCE, headers={"x-long": "x" * 8_000}) as client:
        for _ in range(20):
            assert client.get("/v1/health").status_code == 200
    assert daemon.stop() == 0


def test_only_what_it_needs_is_imported_before_it_serves(environ: dict[str, str]) -> None:
    program = (
        "import json, sys; from sandbox_agent.cli import server; import sandbox_agent.server.serve; "
        "print(json.dumps(sorted(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], env=environ, capture_output=True, text=True, check=True)
    modules = set(json.loads(done.stdout))
    assert modules.isdisjoint({"rich", "httpx", "pygments", "starlette", "anyio"})


def test_many_connections_leave_no_descriptors_behind(start: Start) -> None:
    daemon = start()
    process = psutil.Process(daemon.process.pid)
    host, port = daemon.url.removeprefix("http://").split(":")

    def burst() -> None:
        with contextlib.ExitStack() as connections:
            for _ in range(50):
                connection = connections.enter_context(socket.create_connection((host, int(port)), PATIENCE))
                connection.sendall(b"GET /v1/health HTTP/1.1\r\nhost: localhost\r\n\r\n")
                assert connection.recv(4096).startswith(b"HTTP/1.1 200 ")

    with httpx.Client(base_url=daemon.url, timeout=PATIENCE) as client:
        client.get("/v1/health")
        before = process.num_fds()
        for _ in range(4):
            burst()
        patience = itertools.repeat(None, 1_000)
        while process.num_fds() > before:
            next(patience)
            client.get("/v1/health")


def test_help_names_every_command_and_no_command_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    said = capsys.readouterr().out
    for command in ("server", "run", "install-agent", "model"):
        assert command in said


@pytest.mark.parametrize("argv", [["nothing"], ["server", "--port", "x"], ["server", "--port", "70000"], ["--what"]])
def test_a_command_line_that_makes_no_sense_is_exit_2(argv: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(argv)
    assert exited.value.code == 2
    assert "usage:" in capsys.readouterr().err


def test_the_version_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as exited:
        main(["--version"])
    assert exited.value.code == 0
    assert re.fullmatch(r"sandbox-agent \d+\.\d+\.\d+\S*\n", capsys.readouterr().out)
