"""What a session is created with reaches Claude Code, and only that session, and leaves nothing behind."""

from __future__ import annotations

import json
from pathlib import Path

import httpx
import psutil
import pytest

from sandbox_agent.testing import call, say

from .conftest import Daemons
from .daemon import Desk, LiveDaemon

pytestmark = pytest.mark.anyio


def private_files(daemon: LiveDaemon) -> list[Path]:
    """What the sessions of a daemon have in their private folders; other daemons may share its data folder."""
    found = [word for each in _agents(daemon) for word in _words(each) if "/private/" in word]
    return [Path(word.partition("=")[2]) for word in found]


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.NoSuchProcess:  # it has ended meanwhile, or is a zombie
        return []


def _agents(daemon: LiveDaemon) -> list[psutil.Process]:
    return psutil.Process(daemon.process.pid).children(recursive=True)


@pytest.mark.proves("instructions")
async def test_instructions_are_added_to_the_system_prompt(desk: Desk) -> None:
    async with desk.talk([say("aye")], instructions="Speak like a CANARY-PIRATE.") as talk:
        await talk.turn("hello")
        (own,) = private_files(desk.daemon)
        assert own.stat().st_mode & 0o077 == 0
    system = json.dumps(desk.model.requests[-1].body["system"])
    assert "CANARY-PIRATE" in system
    assert "Claude" in system, "the agent's own prompt is still there"
    assert not own.exists()
    assert list(desk.place.iterdir()) == []


@pytest.mark.proves("hooks")
async def test_a_hook_runs_before_the_tool_and_may_refuse_it(desk: Desk) -> None:
    check = desk.place.parent / "check.py"
    check.write_text(
        'import json, sys; print(json.load(sys.stdin)["tool_name"], "is off limits", file=sys.stderr); sys.exit(2)'
    )
    hooks = {"PreToolUse": [{"matcher": "Bash", "hooks": [{"type": "command", "command": f"python3 {check}"}]}]}
    async with desk.talk([[call("Bash", {"command": "touch x"})], say("well then")], hooks=hooks) as talk:
        assert (await talk.turn("touch it")).reason == "completed"
        assert "Bash is off limits" in str(talk.result().output)
    assert list(desk.place.iterdir()) == []


@pytest.mark.proves("skills")
async def test_a_skill_is_offered_in_its_session_and_in_no_other(desk: Desk) -> None:
    skill = desk.place.parent / "elsewhere/greeting"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: greeting\ndescription: Greets CANARY-GUESTS\n---\n\nSay CANARY-BODY.\n")
    source = {"type": "local", "source": "../elsewhere"}
    script = [[call("Skill", {"skill": "greeting"})], say("done")]
    async with (
        desk.talk(script, skills={"sources": [source]}, permissionMode="bypass") as talk,
        desk.talk(script) as other,
    ):
        await talk.turn("greet")
        assert "CANARY-GUESTS" in json.dumps(desk.model.requests[-2].body)
        assert "CANARY-BODY" in json.dumps(desk.model.requests[-1].body)
        desk.model.play([say("hello")])
        await other.turn("greet")
        assert "CANARY-GUESTS" not in json.dumps(desk.model.requests[-1].body)
    assert list(desk.place.iterdir()) == []


async def test_a_hook_event_that_nobody_knows_is_refused(desk: Desk) -> None:
    async with httpx.AsyncClient(base_url=desk.daemon.url, trust_env=False, timeout=60) as http:
        body = {"agent": "claude", "agentVersion": desk.version, "hooks": {"OnTea": []}}
        answer = await http.post(f"/v1/sessions/no-tea-{desk.version}", json=body)
    assert (answer.status_code, answer.json()["agent"]) == (400, "claude")
    assert "hooks.OnTea" in answer.json()["detail"]


async def test_a_key_that_another_tool_keeps_is_used_and_other_providers_secrets_are_not_there(
    desk: Desk, daemons: Daemons
) -> None:
    canaries = {"OPENAI_API_KEY": "canary-openai", "MISTRAL_API_KEY": "canary-mistral"}
    daemon = daemons(ANTHROPIC_API_KEY="", SANDBOX_AGENT_TOKEN_NOT_READ="canary-ours", **canaries)
    settings = daemon.home / ".amp/config.json"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text('{"anthropicApiKey": "sk-ant-kept-by-another"}')
    script = [[call("Bash", {"command": "env | grep -c canary; true"})], say("done")]
    async with desk.at(daemon).talk(script, permissionMode="bypass") as talk:
        await talk.turn("look around")
        assert str(talk.result().output).strip() == "0"
        assert "sk-ant-kept" not in talk.story()
    assert desk.model.requests[-1].headers["x-api-key"] == "sk-ant-kept-by-another"
