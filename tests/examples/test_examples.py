"""Every example there is, in both languages: the same input gives the same output."""

from __future__ import annotations

import json
import re
from pathlib import Path

import httpx
import pytest

from sandbox_agent import SandboxAgent, __version__
from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.testing import ScriptedModel, call, reply, say

from .languages import EXAMPLES, Language, install_claude, serving

TESTED = {
    "attach_files",
    "chat",
    "custom_tool",
    "follow",
    "permissions",
    "persist_and_replay",
    "questions",
    "resume",
    "side_by_side",
    "web_backend",
}


@pytest.mark.parametrize(("folder", "suffix"), [("python", ".py"), ("typescript", ".ts")])
def test_the_same_examples_are_there_in_both_languages(folder: str, suffix: str) -> None:
    assert {path.stem for path in (EXAMPLES / folder).glob(f"*{suffix}")} == TESTED


def test_the_page_of_examples_shows_them_all() -> None:
    page = (EXAMPLES.parent / "docs" / "examples.md").read_text()
    shown = re.findall(r"^\[\S+\]\(\.\./(examples/\S+)\)$", page, re.MULTILINE)
    assert sorted(shown) == sorted(f"examples/{each}" for stem in TESTED for each in files(stem))


def files(stem: str) -> tuple[str, str]:
    return f"python/{stem}.py", f"typescript/{stem}.ts"


def test_the_examples_need_the_package_of_this_version(dependencies: dict[str, str]) -> None:
    assert dependencies == {"sandbox-agent": f"^{__version__}"}


def test_chat_streams_asks_and_answers(language: Language) -> None:
    shown = language.run("chat", "mock", stdin="hello\npermission\ny\nn\nmulti\nBlue\nPlum\ntool\n\n")
    assert "hello" in shown
    assert "accepted once" in shown
    assert "rejected" in shown
    assert "Plum" in shown.rsplit("answered", 1)[1]
    assert re.search(r"^\* [\w.]+ \{", shown, re.MULTILINE)


def test_several_agents_answer_side_by_side(language: Language) -> None:
    assert language.run("side_by_side", "hello", "mock", "mock", "mock").splitlines() == ["mock: hello"] * 3


def test_following_goes_on_where_it_stopped(language: Language, tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        session = client.create_session("s", agent="mock")
        session.send("markdown").wait()
        session.terminate()
        whole = [event.sequence for event in session.events().events]
        for _ in range(2):
            language.run("follow", client.base_url, "s", str(log), SANDBOX_AGENT_TOKEN=client.token or "")
            lines = log.read_bytes().splitlines(keepends=True)
            assert [json.loads(line)["sequence"] for line in lines] == whole
            log.write_bytes(b"".join(lines[:5]))


def test_permissions_are_shown_and_asked_until_the_answer_is_one(language: Language) -> None:
    shown = language.run("permissions", stdin="perhaps\ny\nn\n")
    assert "command_execution" in shown
    assert shown.count("y, a or n, please.") == 1
    assert "rejected" in shown


def test_questions_are_answered_by_number_or_in_words(language: Language) -> None:
    shown = language.run("questions", stdin="2\n1, 3\n")
    chosen = re.findall(r"(\d)\. (\w+)", shown)
    assert chosen[1][1] in shown.splitlines()[-1]
    assert "rejected" in language.run("questions")
    assert "Turquoise" in language.run("questions", stdin="Turquoise\n1\n")


def test_conversations_are_kept_and_replayed_without_a_server(language: Language) -> None:
    first = language.run("persist_and_replay", "kept", "hello", "again")
    assert first.splitlines() == ["user: hello", "assistant: hello", "user: again", "assistant: again"]
    assert language.run("persist_and_replay", "kept") == first


def test_files_are_uploaded_and_attached(language: Language, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    assert "see" in language.run("attach_files", "mock", "echo see", "notes.txt")


def relayed(client: httpx.Client, last: int, until: str) -> list[tuple[int, str]]:
    """Ids and types of the events after `last`, as a browser gets them, up to the first of a type."""
    decoder, seen = SseDecoder(), list[tuple[int, str]]()
    with client.stream("GET", "/events", headers={"last-event-id": str(last)}) as stream:
        for chunk in stream.iter_bytes():
            for frame in decoder.feed(chunk):
                seen.append((int(frame.id or 0), json.loads(frame.data)["type"]))
                if seen[-1][1] == until:
                    return seen
    raise AssertionError(f"no {until}")


def test_a_backend_relays_events_to_browsers_that_reconnect(language: Language) -> None:
    command = language.command("web_backend")
    if language.suffix == ".py":
        app = ["--app-dir", str(language.folder), "web_backend:app"]
        command = [language.program, "-m", "uvicorn", "--port", "0", *app]
    with serving(command, language, PORT="0") as url, httpx.Client(base_url=url, timeout=60, trust_env=False) as client:
        assert "EventSource" in client.get("/").text
        assert client.post("/messages", content="{", headers={"content-type": "application/json"}).is_client_error
        client.post("/messages", json={"text": "permission"}).raise_for_status()
        before = relayed(client, 0, "permission.requested")
        client.post("/permissions/mock_1_permission", json={"reply": "once"}).raise_for_status()
        assert client.post("/permissions/mock_1_permission", json={"reply": "reject"}).status_code == 409
        relayed(client, before[-1][0], "permission.requested")  # the second one
        client.post("/permissions/mock_1_permission_denied", json={"reply": "once"}).raise_for_status()
        after = relayed(client, before[-1][0], "turn.ended")
        assert [sequence for sequence, _ in before + after] == list(range(1, len(before) + len(after) + 1))


@pytest.mark.live
def test_claude_code_uses_a_tool_of_our_own(language: Language) -> None:
    script = [reply(call("mcp__weather__weather", {"city": "Oslo"})), reply(say("Take an umbrella."))]
    with ScriptedModel(script) as model:
        shown = language.run("custom_tool", "What is the weather in Oslo?", **model.env, **install_claude())
        answered = json.dumps(model.requests[-1].tool_results)
    assert shown.strip() == "Take an umbrella."
    assert "It rains in Oslo." in answered
