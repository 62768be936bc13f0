from __future__ import annotations

from sandbox_agent.schema.content import FileRefPart
from sandbox_agent.schema.events import ItemCompleted

from .test_adapter import data, talking, tool


def test_a_new_file_has_the_same_name_in_its_path_and_in_its_diff() -> None:
    amp = talking()
    amp.says("assistant", tool("create_file", path="a.txt", content="a\n"), stop="tool_use")
    (result,) = data(amp.says("user", {"type": "tool_result", "tool_use_id": "TU-1", "content": "Created."}))
    assert isinstance(result, ItemCompleted)
    diff = "--- /dev/null\n+++ /p/a.txt\n@@ -0,0 +1,1 @@\n+a\n"
    assert FileRefPart(path="/p/a.txt", action="write", diff=diff) in result.item.content
