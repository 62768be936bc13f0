from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.schema.content import FileRefPart, ImagePart, Item, ToolResultPart
from sandbox_agent.schema.events import ItemCompleted

from .said import Chat, answers, calls


def result(tool: str, tool_input: dict[str, Any], content: Any, detail: Any = None, *, failed: bool = False) -> Item:
    chat = Chat()
    chat.started()
    chat.hear(calls(tool, tool_input), answers(content, detail=detail, failed=failed))
    data = chat.events[-1].data
    assert isinstance(data, ItemCompleted)
    return data.item


def output(item: Item) -> str:
    part = item.content[0]
    assert isinstance(part, ToolResultPart)
    return part.output


@pytest.mark.parametrize(
    ("stdout", "stderr", "shown"),
    [("out", "", "out"), ("out", "err", "out\nerr"), ("out\n", "err", "out\nerr"), ("", "err", "err"), ("", "", "")],
)
def test_a_command_shows_what_it_printed(stdout: str, stderr: str, shown: str) -> None:
    item = result("Bash", {"command": "x"}, "(done)", {"stdout": stdout, "stderr": stderr})
    assert output(item) == shown
    assert (item.kind, item.role, item.native_item_id, item.status) == ("tool_result", "tool", "t1:result", "completed")


def test_a_failed_command_shows_what_the_model_reads() -> None:
    item = result("Bash", {"command": "x"}, "Exit code 3\nerr", "Error: Exit code 3", failed=True)
    assert (item.status, output(item)) == ("failed", "Exit code 3\nerr")


def test_a_background_command_says_where_it_runs() -> None:
    detail = {"stdout": "", "stderr": "", "backgroundTaskId": "b1"}
    assert output(result("Bash", {"command": "x"}, "running with ID: b1", detail)) == "running with ID: b1"


def test_pictures_and_texts_of_a_result_are_kept_apart() -> None:
    content = [
        {"type": "text", "text": "one"},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "cG5n"}},
        {"type": "image", "source": {"type": "url", "url": "https://pictures.example/1"}},
        {"type": "text", "text": "two"},
        {"type": "odd"},
    ]
    item = result("mcp__x__y", {}, content)
    assert output(item) == 'one\ntwo\n{"type":"odd"}'
    assert item.content[1:] == (
        ImagePart(path="data:image/png;base64,cG5n", mime="image/png"),
        ImagePart(path="https://pictures.example/1"),
    )


def test_files_have_absolute_paths() -> None:
    detail = {"type": "create", "filePath": "a.txt", "content": "x\n", "structuredPatch": []}
    item = result("Write", {"file_path": "a.txt"}, "ok", detail)
    diff = "--- /dev/null\n+++ /tmp/project/a.txt\n@@ -0,0 +1,1 @@\n+x\n"
    assert item.content[1] == FileRefPart(path="/tmp/project/a.txt", action="write", diff=diff)  # noqa: S108


def test_a_subagents_edit_has_no_diff_but_its_file() -> None:
    item = result("Edit", {"file_path": "/a.txt", "old_string": "a", "new_string": "b"}, "ok")
    assert item.content[1] == FileRefPart(path="/a.txt", action="patch")


def test_a_failed_edit_changed_no_file() -> None:
    item = result("Edit", {"file_path": "/a.txt"}, "no such text", "Error: no such text", failed=True)
    assert len(item.content) == 1
