"""The scenarios that every client plays (`tests/behaviour`), blocking and asynchronous, connected and embedded."""

from __future__ import annotations

import asyncio
import itertools
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent import ApiError, AsyncSandboxAgent, AsyncSession, AsyncTurn, SandboxAgent

from .threaded import threaded

pytestmark = pytest.mark.anyio

SCENARIOS = json.loads((Path(__file__).parents[1] / "behaviour" / "scenarios.json").read_text())
_NUMBERS = itertools.count()
_DONE = {"send", "as", "wait", "interrupt", "terminate", "stream", "messages", "refused", "delivery"}
_ANSWERS = {"permission", "question"}


class Player:
    """Does the steps of one scenario and tells what came of each."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session
        self._turns: dict[str, AsyncTurn] = {}

    async def play(self, step: dict[str, Any]) -> dict[str, Any]:
        match step:
            case {"refused": refused}:
                with pytest.raises(ApiError) as failure:
                    await self.play(refused)
                return {"code": failure.value.code}
            case {"send": message}:
                return await self._send(message, step)
            case {"wait": name}:
                return await self._result(self._turns[name])
            case {"interrupt": clear}:
                await self._session.interrupt(clear_queue=clear)
            case {"terminate": _}:
                await self._session.terminate()
            case {"stream": offset}:
                return {"types": [event.type async for event in self._session.stream(offset=offset)]}
            case {"messages": _}:
                return {"items": [f"{item.kind} {item.role}" for item in await self._session.messages()]}
            case _:
                raise AssertionError(f"unknown step {step}")
        return {}

    async def _send(self, message: str, step: dict[str, Any]) -> dict[str, Any]:
        turn = self._session.send(
            message,
            delivery=step.get("delivery", "queue"),
            on_permission=(lambda _: step["permission"]) if "permission" in step else None,
            on_question=(lambda _: step["question"]) if "question" in step else None,
        )
        delivered = await turn
        if "as" not in step:
            return await self._result(turn)
        self._turns[step["as"]] = turn
        return {"delivered": delivered.delivery}

    async def _result(self, turn: AsyncTurn) -> dict[str, Any]:
        types = [event.type async for event in turn]
        result = await turn.wait()
        codes = [error.code for error in result.errors]
        return {"types": types, "text": result.text, "reason": result.reason, "errors": codes}


@pytest.fixture(scope="module")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, AsyncSandboxAgent]]:
    """Both clients, each with a daemon of its own."""
    options = {"mock_pace": 0.002, "data_dir": tmp_path_factory.mktemp("embedded")}
    with SandboxAgent.start(**options) as blocking:  # type: ignore[arg-type]
        async with AsyncSandboxAgent.start(**options) as asynchronous:  # type: ignore[arg-type]
            yield {"blocking": threaded(blocking), "asynchronous": asynchronous}


async def played(session: AsyncSession, scenario: dict[str, Any]) -> None:
    player = Player(session)
    async with asyncio.timeout(60):
        for step in scenario["steps"]:
            found = await player.play(step)
            expected = {key: value for key, value in step.items() if key not in _DONE | _ANSWERS}
            assert {key: found.get(key) for key in expected} == expected, step


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
async def test_a_client_that_connects_plays_the_scenario(session: AsyncSession, scenario: dict[str, Any]) -> None:
    await played(session, scenario)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
async def test_an_embedded_client_plays_the_scenario(
    embedded: dict[str, AsyncSandboxAgent], kind: str, scenario: dict[str, Any]
) -> None:
    await played(await embedded[kind].create_session(f"played {next(_NUMBERS)}", agent="mock"), scenario)
