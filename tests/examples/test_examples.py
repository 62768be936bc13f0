from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from sandbox_agent import SandboxAgent

EXAMPLES = Path(__file__).parents[2] / "examples"


def run(name: str, *arguments: str, home: Path, stdin: str = "", token: str = "") -> str:
    done = subprocess.run(
        [sys.executable, str(EXAMPLES / name), *arguments],
        input=stdin,
        env={**os.environ, "HOME": str(home), "SANDBOX_AGENT_TOKEN": token},
        cwd=home,
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


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
