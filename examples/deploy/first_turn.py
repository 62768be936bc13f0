"""What comes after the sandbox, wherever it is: wait for the server, create a session, run a turn."""

from __future__ import annotations

import time
from collections.abc import Mapping

from sandbox_agent import ApiError, ConnectionFailed, SandboxAgent


def wait_until_healthy(client: SandboxAgent, seconds: float) -> None:
    """A sandbox and the way to it take a while; until then a provider's proxy answers with errors of its own."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            client.health()
        except (ApiError, ConnectionFailed):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)
        else:
            return


def first_turn(
    url: str, token: str, headers: Mapping[str, str] | None = None, *, agent: str = "mock", seconds: float = 120
) -> None:
    """Talk to the server at `url`; `headers` are what the provider's own proxy asks for."""
    with SandboxAgent.connect(url, token=token, headers=headers) as client:
        wait_until_healthy(client, seconds)
        with client.create_session("first", agent=agent) as session:
            turn = session.send("hello").wait()
            print(turn.text)
            print("--", turn.reason)
