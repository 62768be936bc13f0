from __future__ import annotations

from sandbox_agent.adapter.diffs import added, removed


def test_a_new_file_is_all_additions() -> None:
    assert added("/a", "x\ny\n") == "--- /dev/null\n+++ /a\n@@ -0,0 +1,2 @@\n+x\n+y\n"
    assert added("/a", "x") == "--- /dev/null\n+++ /a\n@@ -0,0 +1,1 @@\n+x\n\\ No newline at end of file\n"
    assert added("/a", "") == "--- /dev/null\n+++ /a\n"


def test_a_file_that_is_gone_is_all_removals() -> None:
    assert removed("/a", "x\ny\n") == "--- /a\n+++ /dev/null\n@@ -1,2 +0,0 @@\n-x\n-y\n"


def test_only_a_line_feed_ends_a_line() -> None:
    assert added("/a", "x\u2028y\x0cz\n\n") == "--- /dev/null\n+++ /a\n@@ -0,0 +1,2 @@\n+x\u2028y\x0cz\n+\n"
