from __future__ import annotations

from sandbox_agent.agents.claude.diffs import patched


def test_a_change_has_the_hunks_of_the_cli() -> None:
    hunks = [
        {"oldStart": 1, "oldLines": 2, "newStart": 1, "newLines": 2, "lines": [" a", "-b", "+c"]},
        {"oldStart": 9, "oldLines": 1, "newStart": 9, "newLines": 0, "lines": ["-z"]},
    ]
    assert patched("/a", hunks) == "--- /a\n+++ /a\n@@ -1,2 +1,2 @@\n a\n-b\n+c\n@@ -9,1 +9,0 @@\n-z\n"


def test_no_hunks_are_no_diff() -> None:
    assert patched("/a", []) is None
    assert patched("/a", None) is None
    assert patched("/a", "nonsense") is None
