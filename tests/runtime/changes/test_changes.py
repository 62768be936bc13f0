from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from sandbox_agent.runtime.changes import Announcer, Changes
from sandbox_agent.runtime.changes.tree import Limits
from sandbox_agent.schema.api import SessionDiff
from sandbox_agent.schema.events import DiffUpdated

pytestmark = pytest.mark.anyio

ENVIRON = {"PATH": os.environ["PATH"]}
Begin = Callable[..., Changes]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


@pytest.fixture(params=["plain", "git"])
def place(request: pytest.FixtureRequest, folder: Path) -> Path:
    """A folder with two files, in a git tree or not; the second one is not in git's index."""
    (folder / "kept.txt").write_text("one\ntwo\n")
    if request.param == "git":
        git(folder, "init", "-q")
        git(folder, "add", "kept.txt")
    (folder / "loose.txt").write_text("loose\n")
    return folder


def git(folder: Path, *arguments: str) -> str:
    who = ["-c", "user.name=nobody", "-c", "user.email=nobody@localhost"]
    command = ["git", *who, *arguments]
    return subprocess.run(command, cwd=folder, env=ENVIRON, check=True, capture_output=True, text=True).stdout


def apply(folder: Path, diff: str) -> None:
    subprocess.run(["git", "apply", "-"], cwd=folder, env=ENVIRON, input=diff.encode(), check=True)


async def begun(folder: Path, **limits: int) -> Changes:
    changes = Changes(str(folder), ENVIRON, folder.parent, Limits(**limits))
    await changes.begin(patience=30)
    return changes


def told(diff: SessionDiff) -> dict[str, tuple[str, int, int]]:
    return {file.path: (file.change, file.additions, file.deletions) for file in diff.files}


async def test_files_that_came_changed_and_went(place: Path) -> None:
    changes = await begun(place)
    assert (await changes.diff()).files == ()
    (place / "kept.txt").write_text("one\n2\nthree\n")
    (place / "loose.txt").unlink()
    (place / "deep").mkdir()
    (place / "deep" / "new.txt").write_text("new\n")
    diff = await changes.diff()
    assert told(diff) == {
        "deep/new.txt": ("added", 1, 0),
        "kept.txt": ("modified", 2, 1),
        "loose.txt": ("deleted", 0, 1),
    }
    assert not diff.truncated
    assert "-two\n+2\n+three\n" in diff.diff


async def test_the_diff_turns_the_old_folder_into_the_new_one(place: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    for name in ("kept.txt", "loose.txt"):
        (copy / name).write_bytes((place / name).read_bytes())
    changes = await begun(place)
    (place / "kept.txt").write_text("two\none\n")
    (place / "run.sh").write_text("#!/bin/sh\n")
    (place / "run.sh").chmod(0o755)
    (place / "link").symlink_to("kept.txt")
    (place / "loose.txt").unlink()
    apply(copy, (await changes.diff()).diff)
    assert sorted(path.name for path in copy.iterdir()) == ["kept.txt", "link", "run.sh"]
    assert (copy / "kept.txt").read_text() == "two\none\n"
    assert (copy / "run.sh").stat().st_mode & 0o111
    assert (copy / "link").readlink() == Path("kept.txt")


async def test_a_change_of_the_same_size_within_the_same_moment_is_seen(place: Path) -> None:
    before = (place / "loose.txt").stat()
    changes = await begun(place)
    (place / "loose.txt").write_text("LOOSE\n")
    os.utime(place / "loose.txt", ns=(before.st_atime_ns, before.st_mtime_ns))
    assert told(await changes.diff()) == {"loose.txt": ("modified", 1, 1)}


async def test_a_file_written_with_what_it_held_has_not_changed(place: Path) -> None:
    changes = await begun(place)
    for name in ("kept.txt", "loose.txt"):
        (place / name).write_bytes((place / name).read_bytes())
    assert (await changes.diff()).files == ()


async def test_what_was_changed_before_the_session_is_not_its_work(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("committed\n")
    git(folder, "add", "a.txt")
    git(folder, "commit", "-q", "-m", "one")
    (folder / "a.txt").write_text("dirty\n")
    changes = await begun(folder)
    assert (await changes.diff()).files == ()
    (folder / "a.txt").write_text("dirty\nmore\n")
    assert told(await changes.diff()) == {"a.txt": ("modified", 1, 0)}


async def test_commits_of_the_agent_are_changes_of_the_session(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", "a.txt")
    git(folder, "commit", "-q", "-m", "one")
    changes = await begun(folder)
    (folder / "a.txt").write_text("b\n")
    git(folder, "commit", "-q", "-a", "-m", "two")
    assert told(await changes.diff()) == {"a.txt": ("modified", 1, 1)}


async def test_what_git_ignores_and_gits_own_files_are_left_out(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("build/\n*.log\n")
    changes = await begun(folder)
    (folder / "build").mkdir()
    (folder / "build" / "out.txt").write_text("out")
    (folder / "x.log").write_text("log")
    (folder / ".git" / "description").write_text("mine")
    (folder / "seen.txt").write_text("seen\n")
    assert told(await changes.diff()) == {"seen.txt": ("added", 1, 0)}


async def test_a_folder_that_git_ignores_as_a_whole_is_a_folder_like_any_other(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("scratch/\n")
    scratch = folder / "scratch"
    scratch.mkdir()
    changes = await begun(scratch)
    (scratch / "a.txt").write_text("a\n")
    assert told(await changes.diff()) == {"a.txt": ("added", 1, 0)}


async def test_only_the_folder_of_the_session_counts_and_paths_begin_there(folder: Path) -> None:
    git(folder, "init", "-q")
    inner = folder / "inner"
    inner.mkdir()
    (inner / "a.txt").write_text("a\n")
    git(folder, "add", ".")
    changes = await begun(inner)
    (folder / "outside.txt").write_text("x")
    (inner / "a.txt").write_text("b\n")
    assert told(await changes.diff()) == {"a.txt": ("modified", 1, 1)}


async def test_gits_index_and_objects_are_not_written(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", ".")
    before = {path: path.stat().st_mtime_ns for path in folder.joinpath(".git").rglob("*")}
    changes = await begun(folder)
    (folder / "a.txt").write_text("b\n")
    await changes.diff()
    assert {path: path.stat().st_mtime_ns for path in folder.joinpath(".git").rglob("*")} == before


async def test_a_damaged_git_tree_is_a_folder_like_any_other(folder: Path) -> None:
    (folder / ".git").mkdir()
    changes = await begun(folder)
    (folder / "a.txt").write_text("a\n")
    assert told(await changes.diff()) == {"a.txt": ("added", 1, 0)}


async def test_a_repository_that_was_taken_away_leaves_names(folder: Path) -> None:
    git(folder, "init", "-q")
    (folder / "a.txt").write_text("a\n")
    git(folder, "add", ".")
    changes = await begun(folder)
    folder.joinpath(".git").rename(folder.parent / "elsewhere")
    (folder / "a.txt").write_text("b\n")
    (file,) = (await changes.diff()).files
    assert (file.path, file.change, file.shown) == ("a.txt", "modified", False)


async def test_binary_and_large_files_are_named_and_not_shown(place: Path) -> None:
    (place / "logo").write_bytes(b"\0\1\2")
    changes = await begun(place, file_bytes=100)
    (place / "logo").write_bytes(b"\0\1\3")
    (place / "large.txt").write_text("x" * 101)
    diff = await changes.diff()
    assert [(file.path, file.change, file.shown) for file in diff.files] == [
        ("large.txt", "added", False),
        ("logo", "modified", False),
    ]
    assert "Binary files a/logo and b/logo differ" in diff.diff
    assert not diff.truncated


async def test_beyond_its_limit_a_diff_names_files_and_says_so(place: Path) -> None:
    changes = await begun(place, diff_bytes=300)
    for number in range(9):
        (place / f"{number}.txt").write_text("line\n" * 10)
    diff = await changes.diff()
    assert diff.truncated
    assert len(diff.files) == 9
    assert 0 < len(diff.diff) <= 300
    assert {file.shown for file in diff.files} == {True, False}


async def test_of_a_big_tree_some_is_looked_at_and_that_is_said(folder: Path) -> None:
    for number in range(20):
        (folder / f"{number:02}.txt").write_text("a\n")
    changes = await begun(folder, files=10)
    assert (await changes.diff()).truncated
    (folder / "03.txt").write_text("b\n")
    assert told(await changes.diff())["03.txt"] == ("modified", 1, 1)


async def test_what_is_too_much_to_keep_is_still_named(place: Path) -> None:
    changes = await begun(place, kept_bytes=0)
    (place / "loose.txt").write_text("tight and more\n")
    (file,) = (await changes.diff()).files
    assert (file.path, file.change, file.shown) == ("loose.txt", "modified", False)


async def test_names_that_are_no_text_are_told_with_marks(folder: Path) -> None:
    changes = await begun(folder)
    (folder / os.fsdecode(b"caf\xe9")).write_text("x\n")
    diff = await changes.diff()
    assert [file.path for file in diff.files] == ["caf\ufffd"]
    assert '"b/caf\\351"' in diff.diff


async def test_links_are_not_followed_and_pipes_are_no_files(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    changes = await begun(folder)
    (folder / "door").symlink_to(outside)
    os.mkfifo(folder / "pipe")
    diff = await changes.diff()
    assert told(diff) == {"door": ("added", 1, 0)}
    assert "secret" not in diff.diff


async def test_a_folder_that_is_gone_has_lost_its_files(folder: Path) -> None:
    (folder / "a.txt").write_text("a\n")
    changes = await begun(folder)
    shutil.rmtree(folder)
    assert told(await changes.diff()) == {"a.txt": ("deleted", 0, 1)}


async def test_without_a_beginning_nothing_is_known(folder: Path) -> None:
    assert (await Changes(str(folder), ENVIRON, folder).diff()).truncated


async def test_a_picture_that_was_let_go_tells_nothing(folder: Path) -> None:
    changes = await begun(folder)
    changes.close()
    (folder / "a.txt").write_text("a\n")
    assert (await changes.diff()).files == ()


async def test_only_what_is_new_is_announced(folder: Path) -> None:
    changes = await begun(folder)
    said: list[DiffUpdated] = []

    async def tell(data: DiffUpdated) -> None:
        said.append(data)

    announcer = Announcer(changes, tell)

    async def look() -> None:
        announcer.look()
        announcer.look()
        await announcer.rest()

    await look()
    assert said == []
    (folder / "a.txt").write_text("a\n")
    await look()
    await look()
    assert [(data.scope, [file.path for file in data.files]) for data in said] == [("session", ["a.txt"])]
    (folder / "a.txt").unlink()
    await look()
    assert said[1].files == ()
