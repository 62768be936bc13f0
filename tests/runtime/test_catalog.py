from __future__ import annotations

import asyncio
import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox_agent.adapter import Adapter, Agent, Install, ModelProbe, SessionOptions, Spawn
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.api import Capabilities, Mode, Model, ModelList
from sandbox_agent.schema.errors import AgentNotInstalled, InstallFailed, UnsupportedAgent

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.anyio

# The real client and a real package; the agent's own is a hundred times as large.
TOOL = Install(
    version="0.24.0",
    executable="bin/esbuild",
    npm={name: f"@esbuild/{name}" for name in ("linux-x64", "linux-arm64", "darwin-x64", "darwin-arm64")},
)
FALLBACK = ModelList(models=(Model(id="default"),), default_model="default")


def _no_adapter(_options: SessionOptions) -> Adapter:
    raise NotImplementedError


def agent(name: str, **more: Any) -> Agent:
    return Agent(
        name=name,
        capabilities=Capabilities(plan_mode=True),
        modes=(Mode(id="build", name="Build", description="Builds"),),
        permission_modes={},
        adapter=_no_adapter,
        **more,
    )


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        environ={
            "NPM_CONFIG_USERCONFIG": str(Path.home() / ".npmrc"),
            **{name: value for name, value in os.environ.items() if not name.endswith(("_KEY", "_TOKEN"))},
            "PATH": f"{tmp_path}/bin:{os.environ['PATH']}",
            "HOME": str(tmp_path / "home"),
        },
        close_grace=0.1,
    )


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Path]:
    """Puts an executable of that body on PATH."""

    def make(body: str) -> Path:
        path = tmp_path / "bin" / "esbuild"
        path.parent.mkdir(exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return make


@pytest.fixture
def counted(tmp_path: Path, script: Callable[[str], Path]) -> Callable[[], int]:
    """A script on PATH that tells a version, and how often it did."""
    script(f"echo x >> {tmp_path}/runs; echo '1.2.3 (Tool)'")

    def runs() -> int:
        return len((tmp_path / "runs").read_text().splitlines())

    return runs


async def test_agents_are_listed_in_the_order_of_the_contract(settings: Settings) -> None:
    names = ["mock", "zed", "amp", "codex", "claude", "opencode"]
    listed = await Catalog(settings, {name: agent(name) for name in names}).list()
    assert [info.id for info in listed.agents] == ["claude", "codex", "opencode", "amp", "zed", "mock"]


async def test_an_agent_without_a_program_is_installed_and_needs_no_key(settings: Settings) -> None:
    catalog = Catalog(settings, {"mock": agent("mock")})
    (info,) = (await catalog.list()).agents
    assert (info.installed, info.credentials_available, info.version, info.path) == (True, True, "builtin", None)
    assert info.capabilities.plan_mode
    assert await catalog.executable("mock") == ""
    await catalog.install("mock", reinstall=True)


async def test_one_that_is_not_there_is_listed_as_such(settings: Settings) -> None:
    (info,) = (await Catalog(settings, {"tool": agent("tool", install=TOOL)}).list()).agents
    assert (info.installed, info.version, info.path) == (False, None, None)


async def test_the_version_is_asked_once_for_each_executable(
    settings: Settings, counted: Callable[[], int], script: Callable[[str], Path]
) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL)})
    lists = await asyncio.gather(*(catalog.list() for _ in range(5)))
    path = f"{settings.environ['PATH'].partition(':')[0]}/esbuild"
    assert {(one.agents[0].version, one.agents[0].path) for one in lists} == {("1.2.3", path)}
    assert counted() == 1
    script("echo a newer one 4.5.6")
    assert (await catalog.list()).agents[0].version == "a newer one 4.5.6"


@pytest.mark.parametrize("body", ["exit 1", "kill -9 $$", "true"])
async def test_one_that_tells_no_version_is_installed_all_the_same(
    settings: Settings, script: Callable[[str], Path], body: str
) -> None:
    script(body)
    (info,) = (await Catalog(settings, {"tool": agent("tool", install=TOOL)}).list()).agents
    assert (info.installed, info.version) == (True, None)


@pytest.mark.parametrize(
    ("needs", "variable", "available"),
    [
        (("anthropic",), "ANTHROPIC_API_KEY", True),
        (("anthropic",), "OPENAI_API_KEY", False),
        (("anthropic", "openai"), "OPENAI_API_KEY", True),
    ],
)
async def test_credentials_of_one_provider_are_enough(
    settings: Settings, needs: tuple[str, ...], variable: str, *, available: bool
) -> None:
    environ = {**settings.environ, variable: "made-up"}
    catalog = Catalog(replace(settings, environ=environ), {"tool": agent("tool", credentials=needs)})
    assert (await catalog.list()).agents[0].credentials_available is available


async def test_an_override_that_is_not_there_is_listed_and_refused(settings: Settings) -> None:
    environ = {**settings.environ, "SANDBOX_AGENT_TOOL_BIN": "/none"}
    catalog = Catalog(replace(settings, environ=environ), {"tool": agent("tool", install=TOOL)})
    assert not (await catalog.list()).agents[0].installed
    with pytest.raises(AgentNotInstalled):
        await catalog.executable("tool")


async def test_an_unknown_agent_is_refused_with_those_there_are(settings: Settings) -> None:
    catalog = Catalog(settings, {"tool": agent("tool")})
    with pytest.raises(UnsupportedAgent, match="unsupported agent: other") as caught:
        catalog.agent("other")
    assert caught.value.hint == "There are: tool."
    assert [mode.id for mode in catalog.modes("tool").modes] == ["build"]


# Installing


async def test_what_is_missing_is_installed_once_however_many_ask(settings: Settings) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL)})
    async with asyncio.timeout(120):
        paths = await asyncio.gather(*(catalog.executable("tool") for _ in range(5)))
    assert set(paths) == {str(settings.data_dir / "agents/tool/0.24.0/bin/esbuild")}
    (info,) = (await catalog.list()).agents
    assert (info.installed, info.version, info.path) == (True, "0.24.0", paths[0])


async def test_an_exact_version_is_installed_beside_the_default(settings: Settings) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL)})
    async with asyncio.timeout(240):
        await catalog.install("tool")
        older = await catalog.executable("tool", "0.23.1")
        assert older.endswith("0.23.1/bin/esbuild")
        assert (await catalog.executable("tool")).endswith("0.24.0/bin/esbuild")


async def test_install_leaves_alone_what_is_on_path_unless_told_to_reinstall(
    settings: Settings, counted: Callable[[], int]
) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL)})
    async with asyncio.timeout(120):
        await catalog.install("tool")
        assert not settings.data_dir.exists()
        await catalog.install("tool", reinstall=True)
    assert (await catalog.list()).agents[0].version == "0.24.0"
    with pytest.raises(FileNotFoundError):
        counted()


async def test_a_failed_installation_is_told_to_all_who_asked(settings: Settings) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=replace(TOOL, npm={"none": "none"}))})
    answers = await asyncio.gather(*(catalog.executable("tool") for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [InstallFailed] * 3


async def test_an_installation_nobody_waits_for_is_given_up(settings: Settings, script: Callable[[str], Path]) -> None:
    npm = script(f"echo $$ > {settings.data_dir}/pid; exec sleep 60").rename(settings.data_dir.parent / "bin" / "npm")
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL)})
    pid = settings.data_dir / "pid"
    async with asyncio.timeout(30):
        waiting = asyncio.create_task(catalog.executable("tool"))
        while not pid.exists() or not pid.read_text():  # noqa: ASYNC110 - a file tells that it runs
            await asyncio.sleep(0.01)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        while os.path.exists(f"/proc/{pid.read_text().strip()}/fd/0"):  # noqa: ASYNC110, ASYNC240, PTH110
            await asyncio.sleep(0.01)
    assert npm.exists()


# Models


def probing(program: str, *, runs: Path) -> ModelProbe:
    """A probe whose CLI counts its runs."""
    counting = f"open({str(runs)!r}, 'a').write('x'); input(); " + program

    def spawn(options: SessionOptions) -> Spawn:
        return Spawn(argv=(sys.executable, "-c", counting), env=options.environ, cwd=options.directory)

    def read(message: Any) -> ModelList:
        return ModelList(models=tuple(Model(id=name) for name in message))

    return ModelProbe(spawn=spawn, ask=b"?\n", read=read, fallback=FALLBACK)


async def test_models_are_asked_once_and_kept(
    settings: Settings, script: Callable[[str], Path], tmp_path: Path
) -> None:
    script("exit 1")
    probe = probing("print('[\"a\"]', flush=True); input()", runs=tmp_path / "runs")
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL, models=probe)})
    async with asyncio.timeout(30):
        lists = await asyncio.gather(*(catalog.models("tool") for _ in range(4)))
        lists.append(await catalog.models("tool"))
    assert {model.id for one in lists for model in one.models} == {"a"}
    assert (tmp_path / "runs").read_text() == "x"


async def test_a_cli_that_does_not_answer_is_asked_again_next_time(
    settings: Settings, script: Callable[[str], Path], tmp_path: Path
) -> None:
    script("exit 1")
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL, models=probing("", runs=tmp_path / "runs"))})
    async with asyncio.timeout(30):
        assert await catalog.models("tool") == FALLBACK
        assert await catalog.models("tool") == FALLBACK
    assert (tmp_path / "runs").read_text() == "xx"


async def test_models_of_an_agent_that_is_not_there_are_the_fixed_ones(settings: Settings, tmp_path: Path) -> None:
    catalog = Catalog(settings, {"tool": agent("tool", install=TOOL, models=probing("", runs=tmp_path / "runs"))})
    assert await catalog.models("tool") == FALLBACK
    assert not (tmp_path / "runs").exists()


async def test_a_fixed_list_needs_nobody(settings: Settings) -> None:
    catalog = Catalog(settings, {"mock": agent("mock", models=FALLBACK)})
    assert await catalog.models("mock") == FALLBACK
