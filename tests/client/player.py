"""Does the steps of the scenarios that every client plays, with the Python clients. See `tests/behaviour/README.md`."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent import ApiError, AsyncSandboxAgent, AsyncSession, AsyncTurn, PermissionRequested
from sandbox_agent.schema.base import encode

__all__ = ["SCENARIOS", "played"]

SCENARIOS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[1] / "behaviour" / "scenarios.json").read_text(encoding="utf-8")
)
_EXPECTED = {
    *("types", "text", "reason", "errors", "asked", "mentions", "delivered", "waiting", "items", "content", "names"),
    *("changed", "states", "code"),
}


async def played(client: AsyncSandboxAgent, scenario: dict[str, Any], name: str, folder: Path) -> None:
    """Play it in a session of this name; raises AssertionError at the first step that comes out otherwise."""
    session = await client.create_session(name, agent="mock", directory=str(folder))
    player = _Player(client, session)
    async with asyncio.timeout(60):
        for step in scenario["steps"]:
            found = await player.play(step)
            expected = {key: value for key, value in step.items() if key in _EXPECTED}
            if "write" in step:
                del expected["content"]  # there it is given
            assert {key: found.get(key) for key in expected} == expected, step


class _Player:
    def __init__(self, client: AsyncSandboxAgent, session: AsyncSession) -> None:
        self._client = client
        self._session = session
        self._turns: dict[str, AsyncTurn] = {}

    async def play(self, step: dict[str, Any]) -> dict[str, Any]:  # noqa: PLR0911 - a table of steps
        session = self._session
        match step:
            case {"refused": refused}:
                with pytest.raises(ApiError) as failure:
                    await self.play(refused)
                return {"code": failure.value.code}
            case {"send": message}:
                return await self._send(session, message, step)
            case {"fork": message}:
                return await self._send(await session.fork(f"{session.id} forked"), message, step)
            case {"wait": name}:
                return await _result(self._turns[name])
            case {"attend": count}:
                return {"asked": await self._attend(count, step)}
            case {"stream": offset}:
                return {"types": await self._types(offset, step.get("take"))}
            case {"install": agent}:
                return {"states": [progress.state async for progress in self._client.follow_install(agent)]}
            case _:
                return await self._do(step)

    async def _do(self, step: dict[str, Any]) -> dict[str, Any]:
        """What is one call."""
        session = self._session
        match step:
            case {"interrupt": clear}:
                await session.interrupt(clear_queue=clear)
            case {"withdraw": name}:
                await session.withdraw((await self._turns[name]).message_id)
            case {"terminate": _}:
                await session.terminate()
            case {"queue": _}:
                return {"waiting": [each.message for each in (await session.queue()).messages]}
            case {"messages": _}:
                return {"items": [f"{item.kind} {item.role}" for item in await session.messages()]}
            case {"diff": _}:
                return {"changed": [f"{file.change} {file.path}" for file in (await session.diff()).files]}
            case _:
                return await self._file(step)
        return {}

    async def _file(self, step: dict[str, Any]) -> dict[str, Any]:
        files = self._session.files
        match step:
            case {"write": path}:
                await files.write(path, step["content"])
            case {"read": path}:
                return {"content": (await files.read(path)).decode()}
            case {"move": path}:
                await files.move(path, step["to"])
            case {"delete": path}:
                await files.delete(path, recursive=True)
            case {"entries": path}:
                return {"names": [entry.name for entry in await files.entries(path)]}
            case _:
                raise AssertionError(f"unknown step {step}")
        return {}

    async def _send(self, session: AsyncSession, message: str, step: dict[str, Any]) -> dict[str, Any]:
        asked: list[str] = []
        turn = session.send(
            message,
            attachments=step.get("attachments", ()),
            delivery=step.get("delivery", "queue"),
            on_permission=_answering(asked, "permission", step),
            on_question=_answering(asked, "question", step),
        )
        delivered = await turn
        if "as" not in step:
            return {**await _result(turn, step.get("mentions", "")), "asked": asked}
        self._turns[step["as"]] = turn
        return {"delivered": delivered.delivery}

    async def _attend(self, count: int, step: dict[str, Any]) -> list[str]:
        asked: list[str] = []
        async with self._session.requests() as requests:
            async for request in requests:
                if isinstance(request, PermissionRequested):
                    await self._session.answer_permission(request.permission_id, step["permission"])
                    asked.append("permission")
                else:
                    await self._session.reply_question(request.question_id, step["question"])
                    asked.append("question")
                if len(asked) == count:
                    break
        return asked

    async def _types(self, offset: int, take: int | None) -> list[str]:
        types: list[str] = []
        async with self._session.stream(offset=offset) as stream:
            async for event in stream:
                types.append(event.type)
                if len(types) == take:
                    break
        return types


async def _result(turn: AsyncTurn, mentions: str = "") -> dict[str, Any]:
    types = [event.type async for event in turn]
    result = await turn.wait()
    found = mentions if mentions in encode(list(result.items)).decode() else None
    codes = [error.code for error in result.errors]
    return {"types": types, "text": result.text, "reason": result.reason, "errors": codes, "mentions": found}


def _answering(asked: list[str], kind: str, step: dict[str, Any]) -> Callable[[object], Any] | None:
    """A callback that notes that it was asked, where the step has an answer."""

    def answer(_: object) -> Any:
        asked.append(kind)
        return step[kind]

    return answer if kind in step else None
