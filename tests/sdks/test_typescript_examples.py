"""The examples of the TypeScript SDK, run as somebody would who has installed it."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from sandbox_agent import SandboxAgent

from .nodejs import BINARY, TYPESCRIPT, npm, run

EXAMPLES = TYPESCRIPT / "examples"


@pytest.fixture(scope="module")
def place(packed: list[Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the examples and the package that they need."""
    folder = tmp_path_factory.mktemp("examples")
    (folder / "package.json").write_text('{"type": "module"}')
    npm(folder, "install", "--silent", "--no-audit", "--no-fund", "--offline", str(packed[0]))
    for example in EXAMPLES.glob("*.js"):
        (folder / example.name).write_text(example.read_text())
    return folder


def test_every_example_is_tested() -> None:
    tested = {"attach_files.js", "chat.js", "persist_and_replay.js", "side_by_side.js"}
    assert {example.name for example in EXAMPLES.iterdir()} == tested


def test_chat_asks_for_permissions_and_answers_and_ends_with_an_empty_line(place: Path) -> None:
    done = subprocess.run(
        ["node", "chat.js", "mock"],
        cwd=place,
        env={**os.environ, "SANDBOX_AGENT_BIN": str(BINARY), "HOME": str(place)},
        input="permission\ny\nn\nquestion\nRed\nYes\nhello\n\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for words in ("allow? [y/a/n]", "accepted once", "rejected", "Choose a color (Red, Blue)", "answered Red", "hello"):
        assert words in done.stdout


def test_side_by_side_shows_what_each_agent_made_of_it(place: Path) -> None:
    said = run(place, "node", "side_by_side.js", "hello there", "mock", "mock", HOME=str(place))
    assert said.count("== mock: completed\nhello there") == 2


def test_persist_and_replay_goes_on_where_the_file_ends(place: Path, tmp_path: Path) -> None:
    file = tmp_path / "kept.jsonl"
    with SandboxAgent.start(data_dir=tmp_path, mock_pace=0) as client:
        session = client.create_session("kept", agent="mock")
        session.send("hello").wait()
        session.terminate()
        command = ["node", "persist_and_replay.js", client.base_url, "kept", str(file)]
        first = run(place, *command, SANDBOX_AGENT_TOKEN=client.token or "")
        whole = file.read_text()
        file.write_text("".join(whole.splitlines(keepends=True)[:4]))
        assert run(place, *command, SANDBOX_AGENT_TOKEN=client.token or "") == first == "user: hello\nassistant: hello\n"
    assert file.read_text() == whole
    sequences = [json.loads(line)["sequence"] for line in whole.splitlines()]
    assert sequences == list(range(1, len(sequences) + 1))


def test_attach_files_brings_a_file_along(place: Path, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    said = run(place, "node", "attach_files.js", str(tmp_path / "notes.txt"), "echo see", HOME=str(place))
    assert "attached/notes.txt" in said
