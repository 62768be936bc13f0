"""What a session is created with reaches Codex, and what is not meant for it does not."""

from __future__ import annotations

import httpx
import pytest
from tests.live.conftest import Daemons
from tests.live.daemon import PATIENCE, kill

from sandbox_agent.testing import call, say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("model variants")
async def test_the_model_and_its_effort_are_asked_for(desk: CodexDesk) -> None:
    async with desk.talk([say("hm")], model="gpt-5.5", variant="high") as talk:
        await talk.turn("go")
        request = talk.model.requests[-1]
        assert request.model == "gpt-5.5"
        assert request.body["reasoning"]["effort"] == "high"


async def test_skills_of_a_session_are_known_to_it_alone_and_kept_when_it_resumes(desk: CodexDesk) -> None:
    skill = desk.place.parent / "shelf" / "juggle"
    skill.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: juggle\ndescription: How to keep three balls up\n---\nThrow them.\n")
    skills = {"skills": {"sources": [{"type": "local", "source": str(skill)}]}}
    async with desk.talk([say("yes"), say("still")], **skills) as talk, desk.talk() as other:
        await talk.turn("go")
        assert talk.model.requests[-1].mentions("How to keep three balls up")
        await other.turn("hm")
        assert not talk.model.requests[-1].mentions("How to keep three balls up")
        (server,) = desk.agents()
        kill(server)
        while desk.agents():
            await talk.detail()
        await talk.turn("again")
        assert talk.model.requests[-1].mentions("How to keep three balls up")


async def test_the_models_and_their_efforts_are_those_of_the_catalog(desk: CodexDesk) -> None:
    async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=PATIENCE, trust_env=False) as http:
        listed = (await http.get("/v1/agents/codex/models")).json()
    models = {model["id"]: model for model in listed["models"]}
    assert models["gpt-5.5"]["variants"] == ["low", "medium", "high", "xhigh"]
    assert listed["defaultModel"] in models


async def test_each_session_works_in_its_own_folder(desk: CodexDesk) -> None:
    async with desk.talk([call("exec_command", {"cmd": "pwd"}), say("done")], permissionMode="bypass") as talk:
        await talk.turn("go")
        assert talk.result().output == f"{desk.place}\n"


async def test_keys_of_other_providers_do_not_reach_it(desk: CodexDesk, daemons: Daemons) -> None:
    there = daemons(ANTHROPIC_API_KEY="sk-other", GEMINI_API_KEY="sk-third", MARK="here")
    script = [call("exec_command", {"cmd": "env"}), say("done")]
    async with desk.at(there).talk(script, permissionMode="bypass") as talk:
        await talk.turn("go")
        names = {line.partition("=")[0] for line in talk.result().output.splitlines()}
        assert "MARK" in names
        assert not names & {"ANTHROPIC_API_KEY", "GEMINI_API_KEY", "SANDBOX_AGENT_DATA_DIR"}


@pytest.mark.parametrize("mode", ["default", "plan", "acceptEdits", "bypass"])
async def test_nothing_is_written_into_the_users_configuration(desk: CodexDesk, mode: str) -> None:
    (desk.place / ".git").mkdir()
    async with desk.talk([say("done")], permissionMode=mode) as talk:
        await talk.turn("go")
        assert (desk.daemon.home / ".codex" / "config.toml").read_text() == desk.config
        assert not (desk.daemon.home / ".codex" / "auth.json").exists()


async def test_a_key_alone_logs_in_without_leaving_it_on_disk(desk: CodexDesk, daemons: Daemons) -> None:
    there = daemons(OPENAI_BASE_URL="", OPENAI_API_KEY="sk-fake-login")
    config = there.home / ".codex" / "config.toml"
    config.parent.mkdir(exist_ok=True)
    config.write_text(f'openai_base_url = "{desk.model.url}/v1"\n')
    async with desk.at(there).talk([say("done")]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert desk.model.requests[-1].headers["authorization"] == "Bearer sk-fake-login"
        assert not (there.home / ".codex" / "auth.json").exists()
