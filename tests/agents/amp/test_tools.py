from __future__ import annotations

import pytest

from sandbox_agent.schema.content import FileRefPart, JsonPart, ToolResultPart
from sandbox_agent.schema.events import ItemCompleted, PermissionRequested

from .test_adapter import data, talking, tool


def test_a_new_file_has_the_same_name_in_its_path_and_in_its_diff() -> None:
    amp = talking()
    amp.says("assistant", tool("create_file", path="a.txt", content="a\n"), stop="tool_use")
    (result,) = data(amp.says("user", {"type": "tool_result", "tool_use_id": "TU-1", "content": "Created."}))
    assert isinstance(result, ItemCompleted)
    diff = "--- /dev/null\n+++ /p/a.txt\n@@ -0,0 +1,1 @@\n+a\n"
    assert FileRefPart(path="/p/a.txt", action="write", diff=diff) in result.item.content


def test_a_result_that_was_cut_within_an_emoji_has_its_output_and_its_exit_code() -> None:
    amp = talking()
    amp.says("assistant", tool(command="cat"), stop="tool_use")
    content = r'{"output":"half \ud83d","exitCode":3}'
    (result,) = data(amp.says("user", {"type": "tool_result", "tool_use_id": "TU-1", "content": content}))
    assert isinstance(result, ItemCompleted)
    assert result.item.status == "failed"
    output = ToolResultPart(call_id="TU-1", output="half \ufffd")
    assert result.item.content == (output, JsonPart(json={"exit_code": 3}))


@pytest.mark.parametrize(
    ("given", "shown"),
    [("{}", {}), (r'{"command":"half \ud83d"}', {"command": "half \ufffd"}), ("no JSON", "no JSON")],
)
def test_a_permission_shows_the_input_of_its_tool(given: str, shown: object) -> None:
    amp = talking()
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    line = {"type": "helper", "id": 7, "env": {"AGENT_TOOL_NAME": "shell_command"}, "input": given}
    (request,) = data(amp.line(line))
    assert isinstance(request, PermissionRequested)
    assert request.metadata["input"] == shown
