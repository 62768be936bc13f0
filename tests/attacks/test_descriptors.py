"""More connections than the daemon may have descriptors: the served are served on, the others when there is room."""

from __future__ import annotations

import contextlib
import resource
import socket
from pathlib import Path

import httpx
import psutil
from tests.cli.serving import TOKEN, serving

PATIENCE = 60


def sessions(client: httpx.Client) -> list[str]:
    response = client.get("/v1/sessions")
    return [each["sessionId"] for each in response.raise_for_status().json()["sessions"]]


def client_of(url: str) -> httpx.Client:
    return httpx.Client(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=PATIENCE)


def test_a_crowd_of_connections_is_outlived(tmp_path: Path) -> None:
    with serving(tmp_path) as url, client_of(url) as early, client_of(url) as late:
        early.post("/v1/sessions/s", json={"agent": "mock"}).raise_for_status()
        (daemon,) = [each for each in psutil.Process().children() if "server" in each.cmdline()]
        room = daemon.num_fds() + 20
        resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (room, room))
        with contextlib.ExitStack() as crowd:
            for _ in range(100):
                caller = crowd.enter_context(socket.create_connection(("127.0.0.1", httpx.URL(url).port or 0)))
                caller.sendall(b"GET /")
            assert sessions(early) == ["s"]
        assert sessions(late) == ["s"]
        turn = late.post("/v1/sessions/s/messages/stream", json={"message": "hello"})
        assert '"turn.ended"' in turn.text
