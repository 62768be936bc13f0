"""Asking a real process, small as it is, for its models."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import TYPE_CHECKING, Any

import pytest

from sandbox_agent.adapter import Adapter, Agent, ModelProbe, SessionOptions, Spawn
from sandbox_agent.runtime import models
from sandbox_agent.runtime.models import ask_models
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import Capabilities, Model, ModelList

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.anyio

SETTINGS = Settings(environ=dict(os.environ), close_grace=0.1)


def _no_adapter(_options: SessionOptions) -> Adapter:
    raise NotImplementedError


def _read(message: Any) -> ModelList | None:
    return ModelList(models=tuple(Model(id=name) for name in message["models"])) if "models" in message else None


def agent(program: str, *, executable: str = sys.executable) -> tuple[Agent, ModelProbe]:
    def spawn(options: SessionOptions) -> Spawn:
        return Spawn(argv=(executable, "-c", program), env=options.environ, cwd=options.directory)

    probe = ModelProbe(spawn=spawn, ask=b'{"ask": 1}\n', read=_read, fallback=ModelList(models=()))
    return (
        Agent(
            name="tool",
            capabilities=Capabilities(),
            modes=(),
            permission_modes={},
            adapter=_no_adapter,
            models=probe,
        ),
        probe,
    )


async def ask(program: str, **more: str) -> list[str] | None:
    async with asyncio.timeout(20):
        models = await ask_models(*agent(program, **more), "tool", SETTINGS)
    return None if models is None else [model.id for model in models.models]


async def test_the_answer_is_found_among_other_lines() -> None:
    lines = ("noise", '{"hello": 1}', '{"models": ["a", "b"]}')
    program = f"input(); print({chr(10).join(lines)!r}, flush=True); input()"
    assert await ask(program) == ["a", "b"]


async def test_it_runs_in_an_empty_folder_that_is_gone_afterwards(tmp_path: Path) -> None:
    program = (
        'import os, json; input(); print(json.dumps({"models": [os.getcwd(), *os.listdir()]}), flush=True); input()'
    )
    answer = await ask(program)
    assert answer is not None
    (folder,) = answer
    assert "sandbox-agent-" in folder
    assert not os.path.exists(folder)  # noqa: ASYNC240, PTH110 - it is a string here
    assert str(tmp_path) not in folder


async def test_one_that_exits_says_nothing() -> None:
    assert await ask("input()") is None


async def test_one_that_is_not_there_says_nothing(tmp_path: Path) -> None:
    assert await ask("", executable=str(tmp_path / "none")) is None


async def test_one_that_answers_in_another_shape_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert await ask("input(); print(7, flush=True)") is None
    assert "TypeError" in capsys.readouterr().err


async def test_one_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(models, "LIMIT", 0.3)
    assert await ask("import time; time.sleep(60)") is None
