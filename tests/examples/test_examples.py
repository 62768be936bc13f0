from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from sandbox_agent import SandboxAgent
from sandbox_agent.adapter.frames import SseDecoder
from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.testing import ScriptedModel, call, reply, say

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(
    name: str, *arguments: str, home: Path, stdin: str = "", token: str = "", env: Mapping[str, str] | None = None
) -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        input=stdin,
        env={**_environ(home), "SANDBOX_AGENT_TOKEN": token, **(env or {})},
        cwd=home,
        timeout=120,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _environ(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"}


def test_chat_streams_asks_and_answers(tmp_path: Path) -> None:
    shown = run("chat.py", "mock", home=tmp_path, stdin="hello\npermission\ny\nn\nmulti\nBlue\nPlum\n\n")
    assert "hello" in shown
    assert "accepted once" in shown
    assert "rejected" in shown
    assert "Plum" in shown.rsplit("answered", 1)[1]


def test_several_agents_answer_side_by_side(tmp_path: Path) -> None:
    shown = run("side_by_side.py", "hello", "mock", "mock", "mock", home=tmp_path)
    assert shown.splitlines() == ["mock: hello"] * 3


def test_following_goes_on_where_it_stopped(tmp_path: Path) -> None:
    log = tmp_path / "events.jsonl"
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        session = client.create_session("s", agent="mock")
        session.send("markdown").wait()
        session.terminate()
        whole = session.events().events
        run("follow.py", client.base_url, "s", str(log), home=tmp_path, token=client.token or "")
        assert [json.loads(line)["sequence"] for line in log.read_bytes().splitlines()] == [
            event.sequence for event in whole
        ]
        log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:5]))
        run("follow.py", client.base_url, "s", str(log), home=tmp_path, token=client.token or "")
        assert [json.loads(line)["sequence"] for line in log.read_bytes().splitlines()] == [
            event.sequence for event in whole
        ]


def test_permissions_are_shown_and_asked_until_the_answer_is_one(tmp_path: Path) -> None:
    shown = run("permissions.py", home=tmp_path, stdin="perhaps\ny\nn\n")
    assert "command_execution" in shown
    assert shown.count("y, a or n, please.") == 1
    assert "rejected" in shown


def test_questions_are_answered_by_number_or_in_words(tmp_path: Path) -> None:
    shown = run("questions.py", home=tmp_path, stdin="2\n1, 3\n")
    chosen = re.findall(r"(\d)\. (\w+)", shown)
    assert chosen[1][1] in shown.splitlines()[-1]
    assert "rejected" in run("questions.py", home=tmp_path)
    assert "Turquoise" in run("questions.py", home=tmp_path, stdin="Turquoise\n1\n")


def test_conversations_are_kept_and_replayed_without_a_server(tmp_path: Path) -> None:
    first = run("persist_and_replay.py", "chat.db", "hello", "again", home=tmp_path)
    assert first.splitlines() == ["user: hello", "assistant: hello", "user: again", "assistant: again"]
    assert run("persist_and_replay.py", "chat.db", home=tmp_path) == first


def test_files_are_uploaded_and_attached(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    shown = run("attach_files.py", "mock", "echo see", "notes.txt", home=tmp_path)
    assert "see" in shown


@contextmanager
def backend(home: Path) -> Iterator[str]:
    """The web backend on a free port; its address."""
    argv = [sys.executable, "-m", "uvicorn", "--app-dir", str(EXAMPLES), "--port", "0", "web_backend:app"]
    with subprocess.Popen(argv, stderr=subprocess.PIPE, text=True, env=_environ(home), cwd=home) as process:
        assert process.stderr is not None
        try:
            for line in process.stderr:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found.group()
                    return
            raise AssertionError("the backend did not come up")
        finally:
            process.terminate()


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


def test_a_backend_relays_events_to_browsers_that_reconnect(tmp_path: Path) -> None:
    with backend(tmp_path) as url, httpx.Client(base_url=url, timeout=30, trust_env=False) as client:
        assert "EventSource" in client.get("/").text
        client.post("/messages", json={"text": "permission"}).raise_for_status()
        before = relayed(client, 0, "permission.requested")
        client.post("/permissions/mock_1_permission", json={"reply": "once"}).raise_for_status()
        assert client.post("/permissions/mock_1_permission", json={"reply": "reject"}).status_code == 409
        client.post("/permissions/mock_1_permission_denied", json={"reply": "once"})
        after = relayed(client, before[-1][0], "permission.resolved")
        assert [sequence for sequence, _ in before + after] == list(range(1, len(before) + len(after) + 1))


@pytest.mark.live
def test_claude_code_uses_a_tool_of_our_own(tmp_path: Path) -> None:
    data_dir = Path(__file__).parents[2] / ".cache" / "agents"
    Installer(Settings(data_dir=data_dir, directory=str(tmp_path))).install(AGENTS["claude"], Order())
    script = [reply(call("mcp__weather__weather", {"city": "Oslo"})), reply(say("Take an umbrella."))]
    with ScriptedModel(script) as model:
        shown = run(
            "custom_tool.py",
            "What is the weather in Oslo?",
            home=tmp_path,
            env={**model.env, "SANDBOX_AGENT_DATA_DIR": str(data_dir)},
        )
        answered = json.dumps(model.requests[-1].tool_results)
    assert shown.strip() == "Take an umbrella."
    assert "It rains in Oslo." in answered
