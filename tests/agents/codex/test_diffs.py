from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.agents.codex.diffs import file_parts, summary


def change(kind: str, diff: str, path: str = "a.txt", **more: Any) -> dict[str, Any]:
    return {"path": path, "kind": {"type": kind, **more}, "diff": diff}


@pytest.mark.parametrize(
    ("text", "body"),
    [
        ("one\ntwo\n", "@@ -0,0 +1,2 @@\n+one\n+two\n"),
        ("one", "@@ -0,0 +1,1 @@\n+one\n\\ No newline at end of file\n"),
        ("", ""),
    ],
)
def test_a_new_file_is_all_additions(text: str, body: str) -> None:
    (part,) = file_parts([change("add", text)], "/w")
    assert (part.path, part.action) == ("/w/a.txt", "write")
    assert part.diff == f"--- /dev/null\n+++ /w/a.txt\n{body}"


def test_a_deleted_file_is_all_removals() -> None:
    (part,) = file_parts([change("delete", "one\n", path="/abs/a.txt")], "/w")
    assert part.diff == "--- /abs/a.txt\n+++ /dev/null\n@@ -1,1 +0,0 @@\n-one\n"


def test_a_changed_file_has_its_hunks_below_a_header() -> None:
    (part,) = file_parts([change("update", "@@ -1 +1 @@\n-a\n+b", move_path=None)], "/w")
    assert (part.action, part.diff) == ("patch", "--- /w/a.txt\n+++ /w/a.txt\n@@ -1 +1 @@\n-a\n+b\n")


def test_a_moved_file_is_named_by_its_new_place() -> None:
    told = change("update", "@@ -1 +1 @@\n-a\n+b\n\nMoved to: /w/b.txt", move_path="b.txt")
    (part,) = file_parts([told], "/w")
    assert (part.path, part.diff) == ("/w/b.txt", "--- /w/a.txt\n+++ /w/b.txt\n@@ -1 +1 @@\n-a\n+b\n")


def test_the_summary_has_a_letter_for_each_file() -> None:
    assert summary([change("add", "", "n"), change("delete", "", "d"), change("update", "", "u")]) == "A n\nD d\nM u"


def test_strange_shapes_are_let_pass() -> None:
    assert summary([1, {"kind": {"type": []}}]) == "M None\nM None"
    assert [part.action for part in file_parts([{}], "/w")] == ["patch"]
