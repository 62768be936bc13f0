"""What a session is created with reaches its agent and no other, whichever agent it is."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import AsyncSession, InvalidRequest, ModeNotSupported
from sandbox_agent.testing import say

from .conftest import Stage

pytestmark = pytest.mark.anyio

CANARY = "CANARY-GUESTS"


async def heard(stage: Stage, session: AsyncSession) -> str:
    """All that the model is sent in a turn of a session."""
    before = len(stage.model.requests)
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("hello").wait()).reason == "completed"
    return "\n".join(json.dumps(request.body) for request in stage.model.requests[before:])


async def both(stage: Stage, **options: Any) -> tuple[str, str]:
    """What the model is sent in a session with the options, and in one without."""
    with_it = await heard(stage, await stage.session([say("aye")], **options))
    return with_it, await heard(stage, await stage.session([say("aye")]))


def refusing_hook(stage: Stage) -> dict[str, Any]:
    """A hook that lets no tool run."""
    script = stage.place.parent / "check.py"
    words = 'json.load(sys.stdin)["tool_name"], "is off limits", file=sys.stderr'
    script.write_text(f"import json, sys; print({words}); sys.exit(2)")
    return {"PreToolUse": [{"hooks": [{"type": "command", "command": f"python3 {script}"}]}]}


@pytest.mark.proves("instructions")
async def test_instructions_are_added_to_what_the_model_is_told(stage: Stage) -> None:
    mine, others = await both(stage, instructions=f"Speak like a {CANARY}.")
    assert CANARY in mine
    assert CANARY not in others


@pytest.mark.proves("skills")
async def test_a_skill_is_offered_in_its_session_and_leaves_nothing_in_the_folder(stage: Stage) -> None:
    folder = stage.place.parent / "elsewhere" / "greeting"
    folder.mkdir(parents=True)
    (folder / "SKILL.md").write_text(f"---\nname: greeting\ndescription: Greets {CANARY}\n---\n\nSay hello.\n")
    mine, others = await both(stage, skills={"sources": [{"type": "local", "source": str(folder.parent)}]})
    assert CANARY in mine
    assert CANARY not in others
    assert list(stage.place.iterdir()) == []


@pytest.mark.proves("hooks")
async def test_a_hook_runs_before_a_tool_and_may_refuse_it_in_its_session_only(stage: Stage) -> None:
    script = [[stage.command("echo ran > ran.txt")], say("well then")]
    session = await stage.session(script, hooks=refusing_hook(stage), permission_mode="bypass")
    assert "is off limits" in await heard(stage, session)
    assert list(stage.place.iterdir()) == []
    other = await stage.session(script, permission_mode="bypass")
    assert "is off limits" not in await heard(stage, other)
    assert (stage.place / "ran.txt").exists()


@pytest.mark.proves("model variants")
async def test_each_variant_that_is_listed_reaches_the_model(stage: Stage) -> None:
    listed = next(model for model in await stage.models() if model.id == stage.kind.model)
    assert listed.variants
    for variant in (listed.variants[0], listed.variants[-1]):
        session = await stage.session([say("aye")], model=listed.id, variant=variant)
        await heard(stage, session)
        assert stage.kind.effort(stage.model.requests[-1]) == variant


@pytest.mark.lacks("hooks")
async def test_an_agent_without_hooks_refuses_them(stage: Stage) -> None:
    with pytest.raises(InvalidRequest, match="hooks") as refused:
        await stage.session([], hooks=refusing_hook(stage))
    assert refused.value.agent == stage.name


@pytest.mark.lacks("instructions")
async def test_an_agent_without_a_way_to_instruct_it_refuses_instructions(stage: Stage) -> None:
    with pytest.raises(InvalidRequest, match="instructions") as refused:
        await stage.session([], instructions="Speak like a pirate.")
    assert refused.value.agent == stage.name


@pytest.mark.lacks("plan approval")
@pytest.mark.parametrize("option", ["agent_mode", "permission_mode"])
async def test_an_agent_without_a_plan_mode_refuses_it(stage: Stage, option: str) -> None:
    with pytest.raises(ModeNotSupported) as refused:
        await stage.session([], **{option: "plan"})
    assert refused.value.agent == stage.name


@pytest.mark.lacks("questions", "to-do lists", "subagents")
async def test_an_agent_that_neither_asks_nor_plans_nor_delegates_has_no_tool_for_it(stage: Stage) -> None:
    await heard(stage, await stage.session([say("aye")]))
    tools = stage.model.requests[-1].tools
    assert tools
    assert [tool for tool in tools if re.search("ask|question|todo|task|agent|oracle", tool, re.IGNORECASE)] == []
