"""How every event stream begins and ends."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.server.stream import stream

pytestmark = pytest.mark.anyio


class Client:
    """Remembers what was sent to it."""

    def __init__(self) -> None:
        self.got: list[Any] = []

    async def take(self, message: Any) -> None:
        self.got.append(message)

    async def frames(self) -> None:
        await self.take({"type": "http.response.body", "body": b"data: 1\n\n", "more_body": True})

    @property
    def bodies(self) -> list[tuple[bytes, bool]]:
        return [(each["body"], each.get("more_body", False)) for each in self.got[1:]]


async def test_the_head_goes_out_before_the_first_frame_and_the_end_after_the_last() -> None:
    client = Client()
    await stream(client.take, [(b"x-more", b"1")], client.frames, head=False, hello=b"data: 0\n\n")
    assert client.got[0]["status"] == 200
    assert {(b"content-type", b"text/event-stream"), (b"x-more", b"1")} <= set(client.got[0]["headers"])
    assert client.bodies == [(b"data: 0\n\n", True), (b"data: 1\n\n", True), (b"", False)]


async def test_a_head_request_gets_the_head_alone() -> None:
    client = Client()
    await stream(client.take, [], client.frames, head=True, hello=b"data: 0\n\n")
    assert client.bodies == [(b"", False)]


async def test_a_stream_that_breaks_has_no_end() -> None:
    client = Client()

    async def broken() -> None:
        await client.frames()
        raise ValueError("torn")

    with pytest.raises(ValueError, match="torn"):
        await stream(client.take, [], broken, head=False)
    assert all(more for _, more in client.bodies)
