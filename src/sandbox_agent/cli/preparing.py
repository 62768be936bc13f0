"""Makes agents ready to be used: installs each, and has it answer once, to a model that is a script on loopback.

The answer proves that the agent works here, and brings its files into the caches of the machine. It is given in a home
folder of its own: an agent leaves identifiers and transcripts in its home, and what many sandboxes are made from must
hold neither.
"""

from __future__ import annotations

import asyncio
import os
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import msgspec

from sandbox_agent.adapter import Agent
from sandbox_agent.agents import AGENTS
from sandbox_agent.client.turns import Transcript
from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.runtime.install import Installer, Order, Step, override_name
from sandbox_agent.runtime.install.environment import probe_environment
from sandbox_agent.runtime.session import Session
from sandbox_agent.runtime.sessions import Sessions
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema import api
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.errors import ApiError
from sandbox_agent.schema.events import ErrorReported, Event, TurnEnded, decode_event
from sandbox_agent.testing import ModelRequest, Reply, ScriptedAmp, ScriptedModel, reply, say

__all__ = ["Prepared", "prepare"]

WORD = "prepared"
"""What is said to each agent, and what each must answer. The mock agent repeats what it hears."""
PATIENCE = 120.0
"""Seconds for a start and a turn; a cold disk reads 400 MB first."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """How one agent came out of it."""

    agent: str
    version: str | None = None
    installed: bool = False
    """Whether it had to be installed."""
    install_seconds: float = 0.0
    turn_seconds: float = 0.0
    """From the start of the agent to the end of its answer."""
    problem: str | None = None
    """Why it is not ready."""
    hint: str | None = None


async def prepare(names: Sequence[str], report: Callable[[Step], None]) -> AsyncIterator[Prepared]:
    """Prepare agents, one after the other. What goes wrong with one is in its result; names must exist."""
    with (
        ScriptedModel(choose=_say_it) as model,
        ScriptedAmp(choose=_say_it) as amp,
        tempfile.TemporaryDirectory(prefix="sandbox-agent-", ignore_cleanup_errors=True) as folder,
    ):
        home = Path(folder)
        own = {name: value for name, value in os.environ.items() if name in map(override_name, AGENTS)}
        environ = {**probe_environment(os.environ, home), **own, **model.env, **amp.env}
        settings = Settings(environ=environ, directory=folder, mock_pace=0)
        for name in names:
            yield await _prepared(AGENTS[name], settings, report)


def _say_it(_request: ModelRequest) -> Reply:
    return reply(say(WORD))


async def _prepared(agent: Agent, settings: Settings, report: Callable[[Step], None]) -> Prepared:
    result = Prepared(agent=agent.name)
    try:
        result = await asyncio.to_thread(_install, agent, report)
        began = time.monotonic()
        async with asyncio.timeout(PATIENCE):
            problem = await _answer(agent.name, settings)
        return replace(result, turn_seconds=time.monotonic() - began, problem=problem)
    except TimeoutError:
        return replace(result, problem=f"no answer within {PATIENCE:.0f} s")
    except ApiError as error:
        details: dict[str, str] = error.details or {}
        words = (str(error), details.get("stderr", ""))
        return replace(result, problem="\n".join(filter(None, words)), hint=error.hint)


def _install(agent: Agent, report: Callable[[Step], None]) -> Prepared:
    """The version this release is tested with, unless the environment names an executable. Raises `ApiError`."""
    began, settings = time.monotonic(), Settings()
    if agent.install is None:
        return Prepared(agent=agent.name)
    installer = Installer(settings)
    if override_name(agent.name) in settings.environ:
        installer.find(agent)
        return Prepared(agent=agent.name)
    done = installer.install(agent, Order(report=report))
    seconds = time.monotonic() - began
    return Prepared(agent=agent.name, version=done.version, installed=done.fresh, install_seconds=seconds)


async def _answer(name: str, settings: Settings) -> str | None:
    """Why the agent did not answer as it should; None when it did. No process of it is left. Raises `ApiError`."""
    sessions = Sessions(settings, Catalog(settings, AGENTS))
    try:
        await sessions.create(WORD, api.CreateSessionRequest(agent=name))
        session = sessions.get(WORD)
        await session.send(api.MessageRequest(message=WORD))
        return _complaint(await _turn(session))
    finally:
        await sessions.close()


async def _turn(session: Session) -> list[Event]:
    """The events up to the end of the first turn."""
    log, ended = session.log, frozenset({TurnEnded.TYPE})
    while (last := log.find(0, ended)) is None:
        await log.wait(log.last)
    page, _ = log.page(0, last)
    return [decode_event(bytes(each)) for each in msgspec.json.decode(page, type=list[msgspec.Raw])]


def _complaint(events: Sequence[Event]) -> str | None:
    transcript = Transcript()
    wrong: list[str] = []
    for event in events:
        transcript.feed(event)
        match event.data:
            case ErrorReported(message=message):
                wrong.append(message)
            case TurnEnded(reason="agent_exited", exit_code=code, stderr=stderr):
                wrong.append(f"it ended with exit status {code}")
                wrong += [part for part in (stderr.head, stderr.tail) if part] if stderr else []
            case _:
                pass
    said = [streamed_text(item) for item in transcript.items if item.role == "assistant"]
    if not wrong and WORD not in said:
        wrong.append(f"it answered {said!r} instead of {WORD!r}")
    return "\n".join(wrong) or None
