"""What a model nests deeper than most readers go costs no turn."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent.testing import call, say

from .conftest import Stage

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize("levels", [600, 930])
async def test_an_input_that_is_nested_too_deeply_ends_no_turn_and_no_session(stage: Stage, levels: int) -> None:
    deep: Any = "bottom"
    for _ in range(levels):
        deep = [deep]
    script = [[call("no_such_tool", {"deep": deep})], [say("went on")], [say("and on")]]
    session = await stage.session(script, permission_mode="bypass")
    async with asyncio.timeout(PATIENCE):
        for message, text in (("hi", "went on"), ("again", "and on")):
            result = await session.send(message).wait()
            assert (result.reason, result.text, result.errors) == ("completed", text, ())
