"""Creating a session, step by step: section 6. Where two things are wrong, the earlier step says so.

Modes are looked at before anything is installed or written, which the document asks for.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.adapter import Install
from sandbox_agent.agents import AGENTS

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"
NOBODY: dict[str, Any] = {"agent": "nobody"}
MISSING: dict[str, Any] = {"agent": "claude"}
MODE: dict[str, Any] = {"agentMode": "fly"}
SKILLS: dict[str, Any] = {"skills": {"sources": [{"type": "local", "source": "none"}]}}
ORDER: dict[str, tuple[str, dict[str, Any], str]] = {
    "1 before 2, the agent before the id": ("used", NOBODY, "unsupported_agent"),
    "2 before 8, the id before the mode": ("used", {**MISSING, **MODE}, "session_already_exists"),
    "2 before 3, the id before the installation": ("used", MISSING, "session_already_exists"),
    "8 before 3, the mode before the installation (mended)": ("s", {**MISSING, **MODE}, "mode_not_supported"),
    "3 before 4, the installation before the skills": ("s", {**MISSING, **SKILLS}, "agent_not_installed"),
    "4, the skills": ("s", {"agent": "mock", **SKILLS}, "invalid_request"),
}


@pytest.mark.parametrize("step", ORDER)
async def test_step(serve: Any, step: str) -> None:
    session_id, body, code = ORDER[step]
    async with serve(environ={"SANDBOX_AGENT_CLAUDE_BIN": "/none"}) as running:
        await running.create("used")
        response = await running.client.post(f"/v1/sessions/{session_id}", json=body)
        assert response.json()["type"] == f"urn:sandbox-agent:error:{code}"
        assert [each["sessionId"] for each in (await running.client.get("/v1/sessions")).json()["sessions"]] == ["used"]


async def test_step_2_an_id_that_failed_is_free_and_one_that_has_ended_is_not(running: Any) -> None:
    assert (await running.client.post(ONE, json={"agent": "mock", **SKILLS})).status_code == 400
    await running.create("s")
    await running.client.post(f"{ONE}/terminate")
    assert (await running.client.post(ONE, json={"agent": "mock"})).status_code == 409


async def test_step_3_what_cannot_be_installed_is_500_install_failed(serve: Any) -> None:
    needs = Install(version="1.0.0", executable="bin/tool", npm={})
    async with serve(agents={"tool": replace(AGENTS["mock"], name="tool", install=needs)}) as running:
        response = await running.client.post(ONE, json={"agent": "tool"})
        assert (response.status_code, response.json()["type"]) == (500, "urn:sandbox-agent:error:install_failed")


async def test_step_3_an_agent_on_the_path_needs_no_installation(serve: Any, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "amp").symlink_to("/bin/true")
    async with serve(environ={"PATH": str(tmp_path / "bin")}) as running:
        assert (await running.client.post(ONE, json={"agent": "amp"})).status_code == 200
    assert not list((tmp_path / "data").rglob("*amp*"))


async def test_step_5_nothing_is_written_into_the_working_directory(running: Any, tmp_path: Path) -> None:
    work, skill = tmp_path / "work", tmp_path / "shelf" / "one"
    for folder in (work, skill):
        folder.mkdir(parents=True)
    (skill / "SKILL.md").write_text("---\nname: one\ndescription: d\n---\n")
    sources = {"sources": [{"type": "local", "source": str(skill.parent)}]}
    await running.create("s", directory="work", mcp={"m": {"type": "local", "command": "run"}}, skills=sources)
    await running.turn("hello")
    assert list(work.iterdir()) == []


async def test_step_10_and_11_session_started_is_there_before_the_answer(running: Any) -> None:
    await running.create()
    assert [(each["sequence"], each["type"]) for each in await running.events()] == [(1, "session.started")]
    assert [each["sessionId"] for each in (await running.client.get("/v1/sessions")).json()["sessions"]] == ["s"]


MODES: dict[str, tuple[set[str], set[str]]] = {
    "claude": ({"build", "plan", "default", "code"}, {"fly", "Build"}),
    "codex": ({"build", "plan", "default", "code"}, {"fly", ""}),
    "mock": ({"build", "plan", "default", "code"}, {"fly", ""}),
    "amp": ({"build", "default", "code"}, {"plan"}),
    "opencode": ({"build", "plan", "any string"}, set()),
}


@pytest.mark.parametrize("agent", MODES)
async def test_agent_mode(serve: Any, agent: str) -> None:
    right, wrong = MODES[agent]
    async with serve(environ={f"SANDBOX_AGENT_{agent.upper()}_BIN": "/bin/true"}) as running:
        for mode in right | wrong:
            path = f"/v1/sessions/{agent}-{mode}"
            response = await running.client.post(path, json={"agent": agent, "agentMode": mode})
            assert (mode, response.status_code) == (mode, 200 if mode in right else 400)
            assert mode in right or response.json()["details"] == {"mode": mode}


async def test_permission_mode_of_the_mock_accept_edits_is_default(running: Any) -> None:
    for word, became in {"default": "default", "plan": "plan", "bypass": "bypass", "acceptEdits": "default"}.items():
        await running.create(word, permissionMode=word)
        assert (await running.client.get(f"/v1/sessions/{word}")).json()["permissionMode"] == became


async def test_directory_is_where_the_agent_works_mended(running: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    await running.create("s", directory="work")
    await running.create("t")
    for session_id, folder in (("s", tmp_path / "work"), ("t", tmp_path)):
        assert running.sessions.get(session_id).options.directory == str(folder)
