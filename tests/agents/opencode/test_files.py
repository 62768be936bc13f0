from __future__ import annotations

import pytest

from sandbox_agent.agents.opencode.files import plain_diff, touched
from sandbox_agent.agents.opencode.native import State
from sandbox_agent.schema.content import FileRefPart

DIFF = "--- /p/a\n+++ /p/a\n@@ -1 +1 @@\n-x\n+y\n"
HEADED = "Index: /p/a\n=====\n" + DIFF


def files(tool: str, given: object, metadata: object = None, proposed: str | None = None) -> list[FileRefPart]:
    return list(touched(tool, State(input=given, metadata=metadata), "/p", proposed))


@pytest.mark.parametrize("metadata", [{"diff": HEADED}, {"filediff": {"patch": HEADED}}])
def test_an_edit_has_the_diff_of_the_server_without_its_head(metadata: object) -> None:
    assert files("edit", {"filePath": "a"}, metadata) == [FileRefPart(path="/p/a", action="patch", diff=DIFF)]


def test_a_new_file_is_a_diff_from_nothing() -> None:
    (file,) = files("write", {"filePath": "/p/a", "content": "x\ny"}, {"exists": False})
    assert file.diff == "--- /dev/null\n+++ /p/a\n@@ -0,0 +1,2 @@\n+x\n+y\n\\ No newline at end of file\n"
    (empty,) = files("write", {"filePath": "/p/a", "content": ""}, {"exists": False})
    assert empty.diff == "--- /dev/null\n+++ /p/a\n"


def test_a_file_written_over_has_the_diff_that_was_asked_for_if_there_is_one() -> None:
    given = {"filePath": "/p/a", "content": "y"}
    assert files("write", given, {"exists": True}, DIFF)[0].diff == DIFF
    assert files("write", given, {"exists": True})[0].diff is None


def test_a_patch_names_all_its_files() -> None:
    metadata = {"files": [{"filePath": "/p/a", "patch": HEADED}, {"relativePath": "b", "movePath": "/p/c"}, 5]}
    assert files("apply_patch", {}, metadata) == [
        FileRefPart(path="/p/a", action="patch", diff=DIFF),
        FileRefPart(path="/p/c", action="patch", diff=None),
    ]


def test_other_tools_touch_no_files() -> None:
    assert files("bash", {"filePath": "/p/a"}) == files("read", {"file": 1}) == []


@pytest.mark.parametrize("nothing", [None, "", " \n", 5])
def test_no_diff_is_none(nothing: object) -> None:
    assert plain_diff(nothing) is None
