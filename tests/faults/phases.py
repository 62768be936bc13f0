"""The moments in which something may be killed, for the stand-in and for the real Claude Code."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator
from typing import Any

import psutil

from sandbox_agent.schema.events import PermissionRequested
from sandbox_agent.testing import ScriptedModel, call, say, stall

from .house import House, Talk, Watch, eventually

PHASES = ("starting", "streaming", "tool", "permission")
SLEEPS = "sleep 1000 & setsid sleep 1000 & (setsid sleep 1000 &) ; sleep 1000"
SCRIPTS: dict[str, Any] = {
    "starting": [say("never heard")],
    "streaming": [[say("some words", apart=True), stall()]],
    "tool": [[call("Bash", {"command": SLEEPS, "description": "sleep"})]],
    "permission": [[call("Bash", {"command": "touch x", "description": "touch"})]],
}


@contextlib.asynccontextmanager
async def standin_in(house: House, phase: str, *, bare: bool) -> AsyncGenerator[tuple[Talk, Watch]]:
    """A conversation with the stand-in in this phase, and the children of the agent."""
    place = house.home / f"{phase}_{house.tag}"
    place.mkdir()
    if phase == "starting":
        code = f"pids = children(bare={bare}); open('pids', 'w').write(repr(pids)); os.rename('pids', 'ready'); deaf()"
        (place / "start.py").write_text(f"if not os.path.exists('ready'):\n    {code}")
    prompts = {
        "starting": "say('never heard')",
        "streaming": f"block = Block(); block.say(f'{{children(bare={bare})}} ready'); deaf()",
        "tool": f"tool(command='sleep'); Block().say(f'{{children(bare={bare})}} ready'); deaf()",
        "permission": f"Block().say(f'{{children(bare={bare})}} ready'); ask()",
    }
    async with house.talk(place) as talk:
        await talk.send(prompts[phase])
        if phase == "starting":
            await eventually((place / "ready").exists, "the agent starts")
            said = (place / "ready").read_text()
        else:
            said = (await talk.hears(" ready")).removesuffix(" ready")
        if phase == "permission":
            await talk.nth(PermissionRequested)
        yield talk, Watch(*(int(pid) for pid in said.strip("[]").split(",")))


@contextlib.asynccontextmanager
async def real_in(house: House, model: ScriptedModel, phase: str) -> AsyncGenerator[tuple[Talk, Watch]]:
    """The same with the real Claude Code."""
    async with house.talk(permissionMode="bypass" if phase == "tool" else "default") as talk:
        if phase != "starting":
            model.play([say("first answer")])
            await talk.turn("FIRST prompt")
            await eventually(lambda: _saved(house, b"FIRST prompt"), "the agent saves its conversation")
        model.play(SCRIPTS[phase])
        await talk.send("SECOND prompt")
        await eventually(lambda: len(house.agents()) == 1, "the agent starts")
        if phase == "streaming":
            await talk.hears("some words")
        elif phase == "tool":
            await eventually(lambda: len(_sleeps(house)) == 4, lambda: f"no sleep: {house.processes()} {talk.story()}")
        elif phase == "permission":
            await talk.nth(PermissionRequested)
        yield talk, Watch(*(each.pid for each in _sleeps(house)))


def _saved(house: House, words: bytes) -> bool:
    """Claude Code writes its conversation down a little after it has spoken; killed before, it forgets."""
    transcripts = house.home.glob(".claude/projects/*/*.jsonl")
    return any(words in path.read_bytes() for path in transcripts)


def _sleeps(house: House) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for each in house.processes():
        with contextlib.suppress(psutil.Error):
            if each.cmdline() == ["sleep", "1000"]:
                found.append(each)
    return found
