from __future__ import annotations

import asyncio
import dataclasses
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import psutil
import pytest

from sandbox_agent.adapter import Exited, HttpServer, Spawn
from sandbox_agent.adapter.frames import LineTooLong
from sandbox_agent.adapter.http import request
from sandbox_agent.adapter.mending import CUT
from sandbox_agent.runtime import http
from sandbox_agent.runtime.http import HttpLink
from sandbox_agent.runtime.link import LinkFailed
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.settings import Settings

from .ear import PATIENCE, Ear, Watch

pytestmark = pytest.mark.anyio
SETTINGS = Settings(environ={})
SERVER = HttpServer(events="/events", ready="web listens on ", user="me", secret="WEB_SECRET")
PROGRAM = str(Path(__file__).with_name("web.py"))


class Listener(Ear):
    """An ear for messages."""

    @property
    def events(self) -> list[str]:
        return [message for message in self.messages if isinstance(message, str)]

    @property
    def messages(self) -> list[Any]:
        return [msgspec.json.decode(line) for line in self.lines if isinstance(line, bytes)]

    async def until(self, wanted: Callable[[Listener], bool]) -> None:
        async with asyncio.timeout(PATIENCE):
            while not wanted(self):
                await self.news()

    async def reply(self, key: str) -> dict[str, Any]:
        await self.until(lambda ear: key in ear.replies)
        return self.replies[key]

    @property
    def replies(self) -> dict[str, dict[str, Any]]:
        return {message["reply"]: message for message in self.messages if isinstance(message, dict)}


Connect = Callable[..., Awaitable[tuple[Listener, HttpLink]]]


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    links: list[HttpLink] = []

    async def connect(*manners: str, server: HttpServer = SERVER) -> tuple[Listener, HttpLink]:
        ear = Listener()
        spawn = Spawn(argv=(sys.executable, "-I", "-S", PROGRAM, *manners), cwd="/", link="http", http=server)
        link = await open_link(spawn, ear, SETTINGS)
        assert isinstance(link, HttpLink)
        links.append(link)
        return ear, link

    yield connect
    for link in links:
        await link.close(grace=0)


def ask(link: HttpLink, method: str, path: str, *, key: str = "", **more: Any) -> None:
    link.send(request(key or path, method, path, **more).data)


async def test_a_request_waits_for_the_event_stream_and_its_reply_is_a_line(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "POST", "/echo", key="k", query={"directory": "/a b"}, body={"x": 1})
    reply = await ear.reply("k")
    assert reply == {
        "reply": "k",
        "status": 200,
        "body": {"method": "POST", "query": {"directory": "/a b"}, "body": {"x": 1}},
    }
    assert ear.messages[0] == "subscriber 1"


async def test_events_come_in_order_each_as_one_line(connect: Connect) -> None:
    ear, link = await connect()
    events = [f'"event {number} \u2028"' for number in range(500)]
    ask(link, "POST", "/tell", body=events)
    await ear.until(lambda ear: len(ear.events) == 501)
    assert ear.events[1:] == [msgspec.json.decode(event) for event in events]


async def test_requests_do_not_wait_for_each_other(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "GET", "/never")
    ask(link, "GET", "/echo")
    assert (await ear.reply("/echo"))["status"] == 200
    assert "/never" not in ear.replies


async def test_an_answer_without_json_is_told_as_far_as_it_helps(connect: Connect) -> None:
    ear, link = await connect()
    for path in ("/page", "/nowhere", "/broken", "/half", "/deep"):
        ask(link, "GET", path)
    ask(link, "POST", "/tell", body=[])
    assert await ear.reply("/page") == {"reply": "/page", "status": 200, "error": "<html>"}
    assert await ear.reply("/nowhere") == {"reply": "/nowhere", "status": 404, "body": {"error": "no such path"}}
    assert await ear.reply("/broken") == {"reply": "/broken", "status": 200, "error": '{"a": '}
    assert await ear.reply("/half") == {"reply": "/half", "status": 200, "body": {"a": "\ufffd"}}
    assert CUT in str(await ear.reply("/deep"))
    assert await ear.reply("/tell") == {"reply": "/tell", "status": 204}


async def test_a_connection_that_is_hung_up_is_a_reply_too(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "GET", "/hang-up")
    reply = await ear.reply("/hang-up")
    assert "status" not in reply
    assert reply["error"]


async def test_a_large_answer_arrives_whole_and_a_too_large_one_is_refused(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    ear, link = await connect()
    ask(link, "GET", "/long", key="large", query={"size": str(5_000_000)})
    assert len((await ear.reply("large"))["body"]) == 5_000_000
    monkeypatch.setattr(http, "LINE_LIMIT", 1_000_000)
    ask(link, "GET", "/long", key="too large", query={"size": str(5_000_000)})
    assert "more than 1000000 bytes" in (await ear.reply("too large"))["error"]


async def test_an_event_over_the_limit_is_thrown_away_and_the_next_one_arrives(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "LINE_LIMIT", 1_000_000)
    ear, link = await connect()
    ask(link, "POST", "/tell", body=['"' + "a" * 5_000_000 + '"', '"after"'])
    await ear.until(lambda ear: "after" in ear.events)
    assert any(isinstance(line, LineTooLong) for line in ear.lines)


async def test_a_broken_event_stream_is_opened_again_and_requests_wait_for_it(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "POST", "/cut")
    await ear.until(lambda ear: ear.events == ["subscriber 1", "subscriber 2"])
    ask(link, "POST", "/tell", body=['"still here"'])
    await ear.until(lambda ear: ear.events[-1] == "still here")


async def test_a_server_may_need_a_moment_to_subscribe_us(connect: Connect) -> None:
    ear, link = await connect("late", server=dataclasses.replace(SERVER, settle=1.0))
    ask(link, "POST", "/tell", body=['"heard"'])
    await ear.until(lambda ear: ear.events == ["subscriber 1", "heard"])


async def test_while_it_is_paused_no_event_is_delivered(connect: Connect) -> None:
    ear, link = await connect()
    await ear.until(lambda ear: bool(ear.events))
    link.pause()
    ask(link, "POST", "/tell", key="under way", body=['"under way"'])
    await ear.until(lambda ear: "under way" in ear.events)  # the read that had begun
    for number in range(3):
        ask(link, "POST", "/tell", key=f"told {number}", body=[f'"{number}"'])
        await ear.reply(f"told {number}")
    assert ear.events[-1] == "under way"
    link.resume()
    await ear.until(lambda ear: ear.events[-1] == "2")
    assert ear.events[-3:] == ["0", "1", "2"]


async def test_the_exit_of_the_server_is_told_once_with_its_code(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "GET", "/exit", query={"code": "7"})
    exit = await ear.gone()
    assert exit.exit_code == 7
    assert exit.stderr is not None
    assert exit.stderr.head == "warming up"
    ask(link, "GET", "/echo")
    assert ear.replies == {}


async def test_closing_ends_the_server_and_what_waits(connect: Connect) -> None:
    ear, link = await connect()
    ask(link, "GET", "/never")
    await ear.until(lambda ear: bool(ear.events))
    watch = Watch(link.pid)
    await asyncio.gather(link.close(grace=1), link.close(grace=1))
    assert watch.ended()
    watch.forget()
    assert ear.exit == Exited(exit_code=-15, stderr=ear.exit.stderr if ear.exit else None)


async def test_a_server_that_never_says_where_it_listens_is_ended(
    connect: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "READY_LIMIT", 0.3)
    ear, link = await connect("mute")
    ask(link, "GET", "/echo")
    exit = await ear.gone()
    assert exit.error == "the agent's server did not say within 0.3 s where it listens"
    assert ear.lines == []


async def test_a_server_without_an_event_stream_is_ended(connect: Connect, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "READY_LIMIT", 2.0)
    ear, _ = await connect("closed")
    assert (await ear.gone()).error == "the agent's server lives but its event stream cannot be opened"


async def test_the_password_is_in_the_environment_of_the_server_alone(connect: Connect) -> None:
    _, one = await connect()
    _, two = await connect()
    passwords = [psutil.Process(link.pid).environ()["WEB_SECRET"] for link in (one, two)]
    assert passwords[0] != passwords[1]
    for link, password in zip((one, two), passwords, strict=True):
        assert password not in " ".join(psutil.Process(link.pid).cmdline())


async def test_a_program_that_is_not_there_is_a_failure() -> None:
    with pytest.raises(LinkFailed, match="install the agent"):
        await open_link(Spawn(argv=("/nowhere/agent",), link="http", http=SERVER), Ear(), SETTINGS)
    with pytest.raises(LinkFailed, match="how to reach"):
        await open_link(Spawn(argv=("/nowhere/agent",), link="http"), Ear(), SETTINGS)
