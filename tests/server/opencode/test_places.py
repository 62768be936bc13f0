from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.server.opencode.places import branch_of, worktree_of


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    (tmp_path / "tree" / ".git").mkdir(parents=True)
    (tmp_path / "tree" / ".git" / "HEAD").write_text("ref: refs/heads/feature/x\n")
    (tmp_path / "tree" / "a" / "b").mkdir(parents=True)
    return tmp_path / "tree"


def test_the_tree_and_branch_are_found_from_below(tree: Path) -> None:
    assert worktree_of(str(tree / "a" / "b")) == str(tree)
    assert branch_of(str(tree)) == "feature/x"


def test_a_tree_beside_the_main_one_is_a_tree(tree: Path) -> None:
    (tree / ".git" / "worktrees" / "w").mkdir(parents=True)
    (tree / ".git" / "worktrees" / "w" / "HEAD").write_text("ref: refs/heads/w\n")
    other = tree.parent / "other"
    other.mkdir()
    (other / ".git").write_text(f"gitdir: {tree}/.git/worktrees/w\n")
    assert branch_of(str(other)) == "w"


@pytest.mark.parametrize("head", ["0123abc\n", "", "\xff"], ids=["detached", "empty", "strange"])
def test_without_a_branch_there_is_none(tree: Path, head: str) -> None:
    (tree / ".git" / "HEAD").write_bytes(head.encode("latin-1"))
    assert branch_of(str(tree)) is None


def test_nothing_is_looked_at_beyond_the_file_root(tree: Path) -> None:
    inside = tree / "a"
    assert worktree_of(str(inside / "b"), inside) == "/"
    (inside / ".git").write_text(f"gitdir: {tree}/.git\n")
    assert worktree_of(str(inside / "b"), inside) == str(inside)
    assert branch_of(str(inside)) == "feature/x"
    assert branch_of(str(inside), inside) is None
    (inside / ".git").unlink()
    (inside / ".git").symlink_to(tree / ".git")
    assert branch_of(str(inside), inside) is None
