"""What comes after the sandbox, wherever it is: wait for the server, create a session, run a turn."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox_agent import SandboxAgent


def first_turn(
    url: str, token: str, headers: Mapping[str, str] | None = None, *, agent: str = "mock", seconds: float = 120
) -> None:
    """Talk to the server at `url`; `headers` are what the provider's own proxy asks for."""
    with SandboxAgent.connect(url, token=token, headers=headers) as client:
        client.wait_until_ready(agent, timeout=seconds)
        with client.create_session("first", agent=agent) as session:
            turn = session.send("hello").wait()
            print(turn.text)
            print("--", turn.reason)
