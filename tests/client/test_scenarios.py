"""The scenarios that every client plays (`tests/behaviour`), blocking and asynchronous, connected and embedded."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent import AsyncSandboxAgent, SandboxAgent

from .player import SCENARIOS, played
from .threaded import threaded

pytestmark = pytest.mark.anyio

_NUMBERS = itertools.count()


@pytest.fixture(scope="module")
async def embedded(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, AsyncSandboxAgent]]:
    """Both clients, each with a daemon of its own."""
    options = {"mock_pace": 0.002, "data_dir": tmp_path_factory.mktemp("embedded")}
    with SandboxAgent.start(**options) as blocking:  # type: ignore[arg-type]
        async with AsyncSandboxAgent.start(**options) as asynchronous:  # type: ignore[arg-type]
            yield {"blocking": threaded(blocking), "asynchronous": asynchronous}


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
async def test_a_client_that_connects_plays_the_scenario(
    client: AsyncSandboxAgent, scenario: dict[str, Any], tmp_path: Path
) -> None:
    await played(client, scenario, f"connected {next(_NUMBERS)}", tmp_path)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario["name"])
async def test_an_embedded_client_plays_the_scenario(
    embedded: dict[str, AsyncSandboxAgent], kind: str, scenario: dict[str, Any], tmp_path: Path
) -> None:
    await played(embedded[kind], scenario, f"played {next(_NUMBERS)}", tmp_path)


async def test_a_scenario_that_comes_out_otherwise_is_noticed(client: AsyncSandboxAgent, tmp_path: Path) -> None:
    wrong = {"steps": [{"send": "hello", "reason": "interrupted"}]}
    with pytest.raises(AssertionError):
        await played(client, wrong, f"otherwise {next(_NUMBERS)}", tmp_path)
