from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime import readiness
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.readiness import Readiness
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.errors import UnsupportedAgent

pytestmark = pytest.mark.anyio


def looking(home: Path, *, data: Path | None = None, require: tuple[str, ...] = (), **environ: str) -> Readiness:
    settings = Settings(
        data_dir=data or home / "not" / "there" / "yet",
        environ={"HOME": str(home), "PATH": f"{home}/bin", **environ},
        require=require,
    )
    return Readiness(settings, Catalog(settings, AGENTS))


def agent_on_path(home: Path, body: str) -> None:
    path = home / "bin" / "claude"
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)


@pytest.fixture
def few_descriptors() -> Iterator[None]:
    """Room for ten more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (len(list(Path("/proc/self/fd").iterdir())) + 10, hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_daemon_that_requires_nothing_is_ready_where_it_can_write(tmp_path: Path) -> None:
    state = await looking(tmp_path).state()
    assert (state.ready, state.agents, state.missing) == (True, (), ())
    assert not any(os.scandir(tmp_path)), "looking leaves nothing behind"


async def test_an_agent_that_is_there_with_a_key_is_ready(tmp_path: Path) -> None:
    agent_on_path(tmp_path, "echo '2.1.197 (Claude Code)'")
    state = await looking(tmp_path, require=("claude", "mock"), ANTHROPIC_API_KEY="sk-fake").state()
    assert state.ready
    assert [(each.id, each.version) for each in state.agents] == [("claude", "2.1.197"), ("mock", "builtin")]


async def test_what_an_agent_lacks_is_said_with_what_to_do(tmp_path: Path) -> None:
    state = await looking(tmp_path, require=("claude",)).state()
    assert not state.ready
    assert [(lack.what, lack.agent) for lack in state.missing] == [("agent", "claude"), ("credentials", "claude")]
    assert all(lack.hint for lack in state.missing)


async def test_an_executable_that_does_not_work_is_missing_too(tmp_path: Path) -> None:
    agent_on_path(tmp_path, "exit 1")
    state = await looking(tmp_path, ANTHROPIC_API_KEY="sk-fake").state(["claude"])
    assert [(lack.what, lack.detail) for lack in state.missing] == [("version", "claude does not tell its version")]


async def test_who_names_agents_asks_for_those_and_no_others(tmp_path: Path) -> None:
    looks = looking(tmp_path, require=("claude",))
    assert (await looks.state(["mock", "mock"])).ready
    assert len((await looks.state(["mock", "mock"])).agents) == 1
    assert (await looks.state([])).ready
    with pytest.raises(UnsupportedAgent):
        await looks.state(["nobody"])


async def test_a_data_folder_that_cannot_be_is_missing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    state = await looking(tmp_path, data=tmp_path / "file" / "data").state()
    assert [lack.what for lack in state.missing] == ["dataFolder"]


async def test_a_disk_that_is_nearly_full_is_missing_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(readiness, "SPARE_BYTES", 1 << 62)
    state = await looking(tmp_path).state()
    assert [lack.what for lack in state.missing] == ["room"]


@pytest.mark.usefixtures("few_descriptors")
async def test_too_few_descriptors_are_missing(tmp_path: Path) -> None:
    state = await looking(tmp_path).state()
    assert [lack.what for lack in state.missing] == ["descriptors"]
