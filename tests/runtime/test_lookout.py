from __future__ import annotations

import asyncio
import os
import threading

import pytest

from sandbox_agent.runtime import guardian
from sandbox_agent.runtime.guardian import Running
from sandbox_agent.runtime.lookout import Lookout

from .ear import PATIENCE

pytestmark = pytest.mark.anyio


async def test_a_question_is_asked_of_the_processes_there_are() -> None:
    assert await Lookout().ask(lambda table: table[os.getpid()].parent) == os.getppid()


async def test_those_who_ask_during_a_look_share_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    go_on = threading.Event()

    def look() -> dict[int, Running]:
        nonlocal looks
        looks += 1
        go_on.wait(PATIENCE)
        return {}

    monkeypatch.setattr(guardian, "processes", look)
    lookout = Lookout()
    asking = [asyncio.ensure_future(lookout.ask(len)) for _ in range(100)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(*asking) == [0] * 100
    assert looks <= 2


async def test_what_goes_wrong_belongs_to_the_one_who_asked() -> None:
    lookout = Lookout()

    def broken(_: object) -> int:
        raise ValueError("no idea")

    answers = await asyncio.gather(lookout.ask(broken), lookout.ask(lambda _: 1), return_exceptions=True)
    assert repr(answers) == "[ValueError('no idea'), 1]"


async def test_one_who_leaves_does_not_disturb_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    go_on = threading.Event()
    monkeypatch.setattr(guardian, "processes", lambda: {go_on.wait(PATIENCE): None})
    lookout = Lookout()
    leaving = asyncio.ensure_future(lookout.ask(len))
    staying = asyncio.ensure_future(lookout.ask(len))
    await asyncio.sleep(0)
    leaving.cancel()
    go_on.set()
    assert await staying == 1
    assert leaving.cancelled()
