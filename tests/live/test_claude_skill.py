"""The skill of this repository, brought into the real Claude Code by a session of ours."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from sandbox_agent.testing import call, say

from .daemon import Desk

pytestmark = pytest.mark.anyio

SKILLS = Path(__file__).resolve().parents[2] / "skills"
SKILL = SKILLS / "sandbox-agent"


async def test_claude_is_offered_the_skill_reads_it_and_what_it_refers_to(desk: Desk) -> None:
    source = {"type": "local", "source": str(SKILLS)}
    script = [[call("Skill", {"skill": "sandbox-agent"})], say("I know how")]
    async with desk.talk(script, skills={"sources": [source]}, permissionMode="bypass") as talk:
        assert (await talk.turn("let another agent do it")).reason == "completed"
        offered, taught = (json.dumps(request.body) for request in desk.model.requests[-2:])
        assert "sandbox-agent: Runs coding agents" in offered
        assert "## A conversation" not in offered
        assert "## A conversation" in taught
        (base,) = set(re.findall(r"Base directory for this skill: ([^\\\"]+)", taught))
        desk.model.play([[call("Read", {"file_path": f"{base.strip()}/references/http.md"})], say("thank you")])
        assert (await talk.turn("which calls are there?")).reason == "completed"
        assert "# Calls and events" in json.dumps(desk.model.requests[-1].body)


def test_the_skill_is_what_agents_expect_of_one_and_refers_to_what_is_there() -> None:
    text = (SKILL / "SKILL.md").read_text()
    found = re.match(r"---\nname: (.+)\ndescription: (.+)\n---\n", text)
    assert found is not None
    assert found[1] == SKILL.name
    assert len(found[2]) <= 1024
    assert ": " not in found[2], "YAML would read a mapping"
    assert text.count("\n") < 150
    links = set(re.findall(r"\]\((references/[^)]+)\)", text))
    assert links == {path.relative_to(SKILL).as_posix() for path in (SKILL / "references").iterdir()}
