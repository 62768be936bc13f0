"""The real Claude Code, driven through the OpenCode-compatible mount by OpenCode's own SDK."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.sdks.opencode_sdk import drive

from sandbox_agent.testing import ScriptedModel, call, say, think

from .daemon import LiveDaemon


def prompted(daemon: LiveDaemon, place: Path, text: str) -> dict[str, Any]:
    return drive("prompt", f"{daemon.url}/opencode", "claude", DIRECTORY=str(place), SAY=text)


def test_it_answers_with_text_and_thoughts(daemon: LiveDaemon, model: ScriptedModel, tmp_path: Path) -> None:
    model.play([[think("let me see"), say("four")]])
    found = prompted(daemon, tmp_path, "What is two and two?")
    assert found["answer"] == "four"
    assert [part["type"] for part in found["parts"]] == ["step-start", "reasoning", "text", "step-finish"]
    info = found["info"]
    assert (info["providerID"], info["modelID"], info["path"]["cwd"]) == ("claude", "default", str(tmp_path))
    assert info["tokens"]["output"] > 0


def test_its_tools_and_list_are_those_that_clients_know(
    daemon: LiveDaemon, model: ScriptedModel, tmp_path: Path
) -> None:
    (tmp_path / "a.txt").write_text("the content\n")
    todos = [{"content": "Read", "status": "in_progress", "activeForm": "Reading"}]
    model.play(
        [
            [call("Read", {"file_path": str(tmp_path / "a.txt")}), call("TodoWrite", {"todos": todos})],
            [say("read")],
        ]
    )
    found = prompted(daemon, tmp_path, "Read it")
    tools = {part["tool"]: part["state"] for part in found["parts"] if part["type"] == "tool"}
    assert tools["read"]["status"] == "completed"
    assert tools["read"]["input"]["filePath"] == str(tmp_path / "a.txt")
    assert "the content" in tools["read"]["output"]
    assert found["answer"] == "read"
