from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import httpx
import pytest

from sandbox_agent import (
    ApiError,
    ConnectionFailed,
    InternalError,
    RequestTimeout,
    SandboxAgent,
    SandboxAgentError,
    SessionNotFound,
    TokenInvalid,
)
from sandbox_agent.client import calls, wire


@contextmanager
def answering(*answers: tuple[int, bytes]) -> Iterator[tuple[str, list[str]]]:
    """A server that gives these answers, and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            self.rfile.read(int(self.headers["content-length"] or 0))
            status, body = answers[min(len(asked), len(answers) - 1)]
            asked.append(f"{self.command} {self.path}")
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = answer  # noqa: N815 - the name that the library looks for

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}", asked
        server.shutdown()
        thread.join()


OK = (200, b'{"status":"ok"}')
LATER = (503, b"come back later")


def test_a_call_that_may_be_repeated_is_repeated() -> None:
    with answering(LATER, LATER, OK) as (url, asked), SandboxAgent.connect(url) as client:
        assert client.health().status == "ok"
        assert asked == ["GET /v1/health"] * 3


def test_patience_ends() -> None:
    with answering(LATER) as (url, asked), SandboxAgent.connect(url, retries=1) as client:
        with pytest.raises(ApiError, match="come back later") as failure:
            client.health()
        assert failure.value.status == 503
        assert len(asked) == 2


def test_a_message_is_never_sent_twice() -> None:
    with answering(LATER) as (url, asked), SandboxAgent.connect(url) as client:
        with pytest.raises(ApiError):
            client.session("s").send("hello")
        with pytest.raises(ApiError):
            client.create_session("s", agent="mock")
        with pytest.raises(ApiError):
            client.session("s").interrupt()
        assert len(asked) == 3


def test_an_error_of_the_server_is_not_repeated() -> None:
    problem = b'{"type":"urn:sandbox-agent:error:internal_error","title":"Internal Error","status":500,"detail":"oops"}'
    with answering((500, problem)) as (url, asked), SandboxAgent.connect(url) as client:
        with pytest.raises(InternalError, match="oops"):
            client.health()
        assert len(asked) == 1


def test_an_answer_of_something_else_is_an_error_that_says_where() -> None:
    with (
        answering((200, b"<html>a login page</html>")) as (url, _),
        SandboxAgent.connect(url) as client,
        pytest.raises(SandboxAgentError, match="cannot read the answer to GET /v1/health"),
    ):
        client.health()


def test_a_base_url_may_have_a_prefix_and_a_slash() -> None:
    with answering(OK) as (url, asked), SandboxAgent.connect(f"{url}/agents/one/") as client:
        client.health()
        assert asked == ["GET /agents/one/v1/health"]


@pytest.mark.parametrize("url", ["127.0.0.1:2468", "ftp://host", "http://", ""])
def test_a_url_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match="not the URL of a server"):
        SandboxAgent.connect(url)


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (401, b'{"type":"urn:sandbox-agent:error:token_invalid","title":"Token Invalid","status":401}', TokenInvalid),
        (
            404,
            b'{"type":"urn:sandbox-agent:error:session_not_found","title":"t","status":404,"detail":"not found"}',
            SessionNotFound,
        ),
        (418, b'{"type":"urn:sandbox-agent:error:teapot","title":"Teapot","status":418,"detail":"short"}', ApiError),
        (502, b"<html>bad gateway</html>", ApiError),
        (500, b"\xff\xfe", ApiError),
    ],
)
def test_every_failure_has_a_class_and_its_status(status: int, body: bytes, kind: type[ApiError]) -> None:
    error = wire.problem(status, body)
    assert type(error) is kind
    assert error.status == status
    assert str(error)


def test_headers_carry_the_token_and_what_the_caller_adds() -> None:
    server = wire.Server(base_url="http://host", token="t", headers={"x-trace": "1"})
    headers = server.headers_of(calls.send_message("s", "hi"))
    assert headers["authorization"] == "Bearer t"
    assert headers["content-type"] == "application/json"
    assert headers["x-trace"] == "1"
    stream = server.headers_of(calls.follow_events("s"), stream=True)
    assert stream["accept"] == "text/event-stream"
    assert "content-type" not in stream


def test_silence_is_a_timeout_and_a_closed_port_a_failed_connection() -> None:
    server = wire.Server(base_url="http://host")
    assert isinstance(wire.unreachable(httpx.ReadTimeout("slow"), server), RequestTimeout)
    assert isinstance(wire.unreachable(httpx.ConnectTimeout("slow"), server), ConnectionFailed)
    assert "http://host" in str(wire.unreachable(httpx.ConnectError("refused"), server))


def test_patience_with_a_stream_grows_ends_and_is_renewed_by_events() -> None:
    patience = wire.Patience(4)
    delays = [patience.failed() for _ in range(5)]
    assert delays == [0.05, 0.1, 0.2, 0.4, None]
    patience.progress()
    assert patience.failed() == 0.05
    assert max(delay or 0 for delay in [wire.Patience(99).failed(), *delays]) <= 2
