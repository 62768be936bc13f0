from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import FileRefPart, ImagePart, ToolResultPart
from sandbox_agent.server.opencode import tools


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Bash", "bash"),
        ("shell", "bash"),
        ("commandExecution", "bash"),
        ("fileChange", "edit"),
        ("TodoWrite", "todowrite"),
        ("mcp__x__y", "mcp__x__y"),
        ("", ""),
    ],
)
def test_tools_that_clients_know_have_their_names(name: str, shown: str) -> None:
    assert tools.name_of(name) == shown


@pytest.mark.parametrize(
    ("text", "input"),
    [
        ('{"file_path": "a", "x": 1}', {"filePath": "a", "x": 1}),
        ("", {}),
        ("{}", {}),
        ("not json", {"input": "not json"}),
        ("[1]", {"input": [1]}),
        ("null", {"input": None}),
        ("[" * 100_000, {"input": "[" * 100_000}),
    ],
    ids=["object", "empty", "none", "text", "array", "null", "deep"],
)
def test_arguments_are_always_an_object(text: str, input: Any) -> None:
    assert tools.arguments(text) == input


def test_the_file_of_a_tool_for_files_has_the_name_that_clients_read() -> None:
    assert tools.arguments('{"path": "a"}', "edit") == {"path": "a", "filePath": "a"}
    assert tools.arguments('{"path": "a"}', "glob") == {"path": "a"}


def test_a_title_is_the_most_telling_argument_in_a_line() -> None:
    assert tools.title({"command": "ls\nrm", "description": "Look"}) == "Look"
    assert tools.title({"command": "ls\nrm"}) == "ls"
    assert tools.title({"command": 5}) == ""


def test_a_result_keeps_what_was_known_of_the_call() -> None:
    before = tools.running({"command": "ls"}, 5, {"sessionId": "ses_1_1"})
    content = (ToolResultPart(call_id="c", output="out"), FileRefPart(path="a", action="patch", diff="D"))
    state = tools.completed(before, content, 9, [])
    assert state["metadata"] == {"sessionId": "ses_1_1", "output": "out", "diff": "D"}
    assert (state["time"], state["title"]) == ({"start": 5, "end": 9}, "ls")
    assert tools.edited_files((*content, FileRefPart(path="b", action="read"))) == ["a"]


def test_a_call_that_never_ran_can_fail() -> None:
    assert tools.failed(tools.pending(), "no", 3)["time"] == {"start": 3, "end": 3}


def test_pictures_are_files_by_url() -> None:
    assert tools.picture(ImagePart(path="/a/b.png", mime="image/png"))["url"] == "file:///a/b.png"
    assert tools.picture(ImagePart(path="data:image/png;base64,AA=="))["filename"] == "image"
