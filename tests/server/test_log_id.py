"""A session id can be used again; its new log must not be taken for the old one."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sandbox_agent.server.sse import LOG_HEADER

pytestmark = pytest.mark.anyio
_HEADER = LOG_HEADER.decode()


async def log_ids(running: Any) -> tuple[str, str, str]:
    """As the session, a page of its history and its stream tell it."""
    detail = await running.client.get("/v1/sessions/s")
    page = await running.client.get("/v1/sessions/s/events")
    async with asyncio.timeout(30), running.client.stream("GET", "/v1/sessions/s/events/sse") as stream:
        return detail.json()["logId"], page.headers[_HEADER], stream.headers[_HEADER]


async def test_the_session_its_history_and_its_stream_name_the_same_log(running: Any) -> None:
    await running.create()
    first, *others = await log_ids(running)
    assert others == [first, first]
    await running.turn("hello")
    assert set(await log_ids(running)) == {first}
    assert (await running.client.get("/v1/sessions")).json()["sessions"][0]["logId"] == first


async def test_an_id_that_is_used_again_has_another_log(running: Any) -> None:
    await running.create()
    before = await log_ids(running)
    await running.client.delete("/v1/sessions/s")
    await running.create()
    assert set(before).isdisjoint(await log_ids(running))
