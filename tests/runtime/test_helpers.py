from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from sandbox_agent.adapter import Helper, HelperReply
from sandbox_agent.runtime.helpers import HelperDesk, open_desk

pytestmark = pytest.mark.anyio
LIMIT = 30


class Open:
    """An open desk, and what it has heard."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.heard: asyncio.Queue[bytes] = asyncio.Queue()
        self.desk: HelperDesk

    async def begin(self) -> None:
        helper = Helper(program=str(self.program), tells=("TOOL", "UNSET"), refusal=9)
        self.desk = await open_desk(helper, self.heard.put_nowait)

    async def run(self, given: bytes) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            self.program,
            stdin=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={"TOOL": "shell", "SECRET": "x"},
        )
        assert process.stdin is not None
        process.stdin.write(given)
        process.stdin.close()
        return process

    async def hears(self) -> dict[str, Any]:
        async with asyncio.timeout(LIMIT):
            return msgspec.json.decode(await self.heard.get(), type=dict[str, Any])


async def over(process: asyncio.subprocess.Process) -> tuple[int | None, str]:
    assert process.stderr is not None
    async with asyncio.timeout(LIMIT):
        said = (await process.stderr.read()).decode()
        return await process.wait(), said


@pytest.fixture(params=["near", "deep" * 30])
async def open_(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Open]:
    opened = Open(tmp_path / str(request.param) / "ask")
    await opened.begin()
    yield opened
    opened.desk.close()


async def test_a_helper_asks_and_returns_what_it_is_told(open_: Open) -> None:
    process = await open_.run(b'{"command":"ls"}')
    asked = await open_.hears()
    assert asked == {"type": "helper", "id": 1, "env": {"TOOL": "shell"}, "input": '{"command":"ls"}'}
    open_.desk.reply(HelperReply(helper=1, exit_code=3, message="because"))
    assert await over(process) == (3, "because\n")


async def test_several_helpers_wait_for_an_answer_each(open_: Open) -> None:
    processes = [await open_.run(b"%d" % number) for number in range(3)]
    ids = {}
    for _ in processes:
        asked = await open_.hears()
        ids[asked["input"]] = asked["id"]
    for number in (2, 0, 1):
        open_.desk.reply(HelperReply(helper=ids[str(number)], exit_code=number))
    assert [await over(process) for process in processes] == [(0, ""), (1, ""), (2, "")]


async def test_a_helper_that_is_killed_is_told(open_: Open) -> None:
    process = await open_.run(b"x")
    number = (await open_.hears())["id"]
    process.kill()
    await over(process)
    assert await open_.hears() == {"type": "helper_gone", "id": number}
    open_.desk.reply(HelperReply(helper=number, exit_code=0))


async def test_a_helper_refuses_when_the_desk_closes_while_it_waits(open_: Open) -> None:
    process = await open_.run(b"x")
    await open_.hears()
    open_.desk.close()
    code, said = await over(process)
    assert code == 9
    assert "nobody" in said


async def test_a_helper_refuses_when_there_is_no_desk_any_more(open_: Open) -> None:
    open_.desk.close()
    assert (await over(await open_.run(b"x")))[0] == 9


async def test_whoever_speaks_otherwise_is_hung_up_on(open_: Open) -> None:
    address = open_.program.read_text().split(" -S ")[1].split()[1].strip("'")
    reader, writer = await asyncio.open_unix_connection(address)
    writer.write(b"GET / HTTP/1.1\r\n\r\n")
    async with asyncio.timeout(LIMIT):
        assert await reader.read() == b""
    writer.close()
    assert open_.heard.empty()


async def test_a_second_desk_takes_the_place_of_the_first(open_: Open) -> None:
    open_.desk.close()
    await open_.begin()
    process = await open_.run(b"x")
    open_.desk.reply(HelperReply(helper=(await open_.hears())["id"], exit_code=0))
    assert await over(process) == (0, "")
