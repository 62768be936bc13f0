from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace as replace_in

from sandbox_agent.adapter import Agent, Fork, Install
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.sessions import Sessions
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.views import info_of
from sandbox_agent.schema import api
from sandbox_agent.schema.api import Mode
from sandbox_agent.schema.errors import (
    AgentNotInstalled,
    InvalidRequest,
    ModeNotSupported,
    SessionAlreadyExists,
    SessionNotFound,
    UnsupportedAgent,
)

from .parrot import ParrotAdapter, agent

pytestmark = pytest.mark.anyio

PARROT = agent()
MODES = (Mode(id="code", name="Code", description=""), Mode(id="plan", name="Plan", description=""))
AGENTS: dict[str, Agent] = {
    "parrot": PARROT,
    "coder": replace(PARROT, name="coder", modes=MODES, permission_modes={"default": "ask"}),
    "missing": replace(PARROT, name="missing", install=Install(version="1.0.0", executable="missing")),
}


@asynccontextmanager
async def opened(tmp_path: Path, agents: dict[str, Agent] | None = None) -> AsyncIterator[Sessions]:
    environ = {"PATH": str(tmp_path), "SANDBOX_AGENT_MISSING_BIN": str(tmp_path / "missing")}
    settings = Settings(data_dir=tmp_path / "data", directory=str(tmp_path), mock_pace=0, environ=environ)
    sessions = Sessions(settings, Catalog(settings, agents or AGENTS))
    try:
        yield sessions
    finally:
        async with asyncio.timeout(10):
            await sessions.close()


def wish(name: str = "parrot", **fields: Any) -> api.CreateSessionRequest:
    return api.CreateSessionRequest(agent=name, **fields)


async def test_a_created_session_can_be_found_and_forgotten(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        assert (await sessions.create("a", wish())).healthy
        session = sessions.get("a")
        assert session.options.directory == str(tmp_path)
        await sessions.delete("a")
        assert (session.log.ended, session.log.closed) == (True, True)
        for name in ("a", "b"):
            with pytest.raises(SessionNotFound):
                sessions.get(name)
            with pytest.raises(SessionNotFound):
                await sessions.delete(name)


async def test_a_second_delete_that_is_slower_spares_the_next_session_of_that_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(tmp_path) as sessions, asyncio.timeout(10):
        await sessions.create("a", wish())
        first, proceed = sessions.get("a"), asyncio.Event()
        monkeypatch.setattr(first, "terminate", proceed.wait)
        slow = asyncio.create_task(sessions.delete("a"))
        await asyncio.sleep(0)
        monkeypatch.undo()
        await sessions.delete("a")
        await sessions.create("a", wish())
        proceed.set()
        await slow
        assert sessions.get("a") is not first


async def test_the_list_begins_with_the_newest(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        for name in ("a", "b", "c"):
            await sessions.create(name, wish())
        assert [info.session_id for info in sessions.list().sessions] == ["c", "b", "a"]


async def test_an_id_is_given_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        results = await asyncio.gather(*(sessions.create("a", wish()) for _ in range(5)), return_exceptions=True)
        assert sum(isinstance(result, api.CreateSessionResponse) for result in results) == 1
        assert sum(isinstance(result, SessionAlreadyExists) for result in results) == 4
        await sessions.get("a").terminate()
        with pytest.raises(SessionAlreadyExists):
            await sessions.create("a", wish())


async def test_an_id_whose_creation_failed_is_free_again(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        with pytest.raises(AgentNotInstalled):
            await sessions.create("a", wish("missing"))
        with pytest.raises(InvalidRequest):
            await sessions.create("a", wish(directory="nowhere"))
        await sessions.create("a", wish())


@pytest.mark.parametrize(
    ("request_", "error"),
    [
        (wish("nobody"), UnsupportedAgent),
        (wish(agent_mode="plan"), ModeNotSupported),
        (wish("coder", agent_mode="build"), ModeNotSupported),
        (wish(permission_mode="everything"), InvalidRequest),
        (wish("coder", permission_mode="bypass"), ModeNotSupported),
        (wish(directory="nowhere"), InvalidRequest),
        (wish(directory="file"), InvalidRequest),
        (wish("missing"), AgentNotInstalled),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused(
    tmp_path: Path, request_: api.CreateSessionRequest, error: type[Exception]
) -> None:
    (tmp_path / "file").touch()
    async with opened(tmp_path) as sessions:
        with pytest.raises(error):
            await sessions.create("a", request_)
        assert sessions.list().sessions == ()


@pytest.mark.parametrize(
    ("name", "mode", "becomes"),
    [
        ("parrot", None, "build"),
        ("parrot", "default", "build"),
        ("parrot", "code", "build"),
        ("coder", None, "code"),
        ("coder", "code", "code"),
        ("coder", "plan", "plan"),
    ],
)
async def test_agent_modes_and_their_old_words(tmp_path: Path, name: str, mode: str | None, becomes: str) -> None:
    async with opened(tmp_path) as sessions:
        await sessions.create("a", wish(name, agent_mode=mode))
        assert sessions.get("a").options.agent_mode == becomes


async def test_a_permission_mode_is_given_in_the_agents_own_word(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        await sessions.create("a", wish("coder"))
        assert sessions.get("a").options.permission_mode == "ask"


async def test_a_directory_is_below_the_daemons_or_absolute(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    async with opened(tmp_path) as sessions:
        await sessions.create("a", wish(directory="sub"))
        await sessions.create("b", wish(directory=os.sep))
        options = [sessions.get(name).options.directory for name in ("a", "b")]
        assert options == [str(tmp_path / "sub"), os.sep]
        assert sessions.get("a").wish.directory == "sub"


async def test_a_session_that_resumes_knows_its_native_id_at_once(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        response = await sessions.create("a", wish(resume="native"))
        assert response.native_session_id == "native"


async def test_closing_ends_all_and_nothing_can_be_created_afterwards(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        for name in ("a", "b", "c"):
            await sessions.create(name, wish())
            await sessions.get(name).send(api.MessageRequest(message="?"))
        logs = [sessions.get(name).log for name in ("a", "b", "c")]
        async with asyncio.timeout(10):
            await sessions.close()
        assert all(log.ended and log.closed for log in logs)
        with pytest.raises(InvalidRequest, match="stopping"):
            await sessions.create("d", wish())


async def test_a_session_that_cannot_be_ended_does_not_keep_the_others(tmp_path: Path) -> None:
    class Broken(ParrotAdapter):
        def exited(self, exit: object) -> Any:  # noqa: ARG002 - the name is the contract
            raise RuntimeError("broken")

    agents = {"parrot": PARROT, "broken": replace(PARROT, name="broken", adapter=Broken)}
    async with opened(tmp_path, agents) as sessions:
        for name in ("broken", "parrot"):
            await sessions.create(name, wish(name))
            await sessions.get(name).send(api.MessageRequest(message="?"))
        async with asyncio.timeout(10):
            await sessions.close()
        assert sessions.get("parrot").log.ended


async def test_a_fork_is_made_as_the_original_but_for_what_is_asked_for(tmp_path: Path) -> None:
    can = replace(PARROT, capabilities=replace_in(PARROT.capabilities, fork=True))
    async with opened(tmp_path, {"parrot": can}) as sessions:
        request = api.CreateSessionRequest(agent="parrot", title="first", model="m", resume="native")
        await sessions.create("one", request)
        await sessions.fork("one", api.ForkRequest(new_session_id="two", title="second"))
        options, wish = sessions.get("two").options, sessions.get("two").wish
        assert (options.model, options.resume, options.fork) == ("m", None, Fork(native_id="native"))
        assert (wish.title, info_of(sessions.get("two")).forked_from) == ("second", "one")
        with pytest.raises(SessionAlreadyExists):
            await sessions.fork("one", api.ForkRequest(new_session_id="two"))
        with pytest.raises(SessionNotFound):
            await sessions.fork("nobody", api.ForkRequest(new_session_id="three"))


async def test_an_agent_that_cannot_fork_is_named(tmp_path: Path) -> None:
    async with opened(tmp_path) as sessions:
        await sessions.create("one", wish())
        with pytest.raises(InvalidRequest, match="parrot cannot fork") as refused:
            await sessions.fork("one", api.ForkRequest(new_session_id="two"))
        assert (refused.value.agent, refused.value.session_id) == ("parrot", "one")
