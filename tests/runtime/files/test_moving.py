import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.runtime.files import Files, renaming
from sandbox_agent.runtime.files.copying import copy_tree
from sandbox_agent.runtime.files.root import Spot
from sandbox_agent.schema.errors import InvalidRequest, PermissionDenied, StreamError

from .helpers import make, tree

pytestmark = pytest.mark.anyio

_ELSEWHERE = Path("/dev/shm")  # noqa: S108 - a second file system, where there is one


@pytest.fixture
def plenty(home: Path) -> Path:
    (home / "folder/deep").mkdir(parents=True)
    (home / "folder/deep/file").write_text("x")
    (home / "folder/link").symlink_to("deep/file")
    (home / "file").write_text("file")
    return home


@pytest.mark.parametrize(
    ("source", "target"), [("file", "moved"), ("file", "new/folder/moved"), ("folder", "moved"), ("folder/link", "l")]
)
async def test_files_folders_and_links_are_moved(files: Files, plenty: Path, source: str, target: str) -> None:
    before = tree(plenty)
    moved = await files.move(source, target)
    assert (moved.source, moved.target) == (f"{plenty}/{source}", f"{plenty}/{target}")
    after = tree(plenty)
    assert after[target] == before[source]
    assert source not in after


async def test_what_is_at_the_target_stays_unless_it_may_be_replaced(files: Files, plenty: Path) -> None:
    (plenty / "other").write_text("other")
    before = tree(plenty)
    for source in ("file", "folder", "folder/link"):
        for target in ("other", "folder/deep"):
            if (source, target) != ("folder", "folder/deep"):
                with pytest.raises(InvalidRequest, match=f"destination already exists: {plenty}/{target}"):
                    await files.move(source, target)
    assert tree(plenty) == before


@pytest.mark.parametrize(("source", "target"), [("file", "o"), ("file", "f"), ("folder", "o"), ("folder", "f")])
async def test_anything_may_be_replaced_by_anything(files: Files, plenty: Path, source: str, target: str) -> None:
    (plenty / "o").write_text("other")
    (plenty / "f").mkdir()
    (plenty / "f/content").write_text("content")
    before = tree(plenty)
    await files.move(source, target, overwrite=True)
    after = tree(plenty)
    assert after[target] == before[source]
    assert source not in after
    assert "f/content" not in after or target == "o"
    assert not [name for name in after if "sandbox-agent" in name]


async def test_a_move_onto_itself_changes_nothing(files: Files, plenty: Path) -> None:
    before = tree(plenty)
    for path in ("file", "folder"):
        await files.move(path, f"./{path}", overwrite=True)
        with pytest.raises(InvalidRequest, match="destination already exists"):
            await files.move(path, path)
    (plenty / "alias").symlink_to(".")
    await files.move("file", "alias/file", overwrite=True)
    (plenty / "alias").unlink()
    assert tree(plenty) == before


async def test_a_folder_cannot_go_into_itself_nor_replace_what_it_is_in(files: Files, plenty: Path) -> None:
    before = tree(plenty)
    for target in ("folder/inside", "folder/deep/inside"):
        with pytest.raises(InvalidRequest, match="cannot move a directory into itself"):
            await files.move("folder", target)
    with pytest.raises(InvalidRequest, match="the destination contains"):
        await files.move("folder/deep", "folder", overwrite=True)
    (plenty / "alias").symlink_to("folder")
    with pytest.raises(InvalidRequest, match="cannot move a directory into itself"):
        await files.move("folder", "alias/inside")
    (plenty / "alias").unlink()
    assert tree(plenty) == before


async def test_what_is_not_there_cannot_be_moved_and_no_folder_is_made_for_it(files: Files, plenty: Path) -> None:
    before = tree(plenty)
    with pytest.raises(InvalidRequest, match=f"path not found: {plenty}/nothing"):
        await files.move("nothing", "new/folder/x")
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        await files.move("folder", "file/x")
    assert tree(plenty) == before


async def test_the_root_is_not_moved(jailed: Files, plenty: Path) -> None:
    for source, target in ((str(plenty), "x"), ("file", str(plenty))):
        with pytest.raises(InvalidRequest, match="the root cannot be moved"):
            await jailed.move(source, target, overwrite=True)


async def test_a_link_is_moved_and_not_what_it_leads_to(jailed: Files, plenty: Path) -> None:
    (plenty / "out").symlink_to("/etc/hostname")
    await jailed.move("out", "still-out")
    assert tree(plenty)["still-out"] == "-> /etc/hostname"
    with pytest.raises(PermissionDenied):
        await jailed.open("still-out")


@pytest.mark.parametrize("known", [True, False])
async def test_a_rename_that_refuses_to_replace_works_with_and_without_help_of_the_system(
    files: Files, plenty: Path, monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    if not known:
        monkeypatch.setattr(renaming, "_call", lambda: None)
    with pytest.raises(InvalidRequest, match="destination already exists"):
        await files.move("file", "folder")
    await files.move("file", "free")
    assert tree(plenty)["free"] == "file"


def spots(folder: Path) -> tuple[Spot, Spot]:
    descriptor = os.open(folder, os.O_RDONLY)
    return Spot(descriptor, "source"), Spot(descriptor, "target")


def test_a_copy_keeps_content_links_modes_and_times(tmp_path: Path) -> None:
    source = tmp_path / "source"
    (source / "in").mkdir(parents=True, mode=0o750)
    (source / "in/file").write_text("x" * 3_000_000)
    (source / "in/file").chmod(0o640)
    (source / "link").symlink_to("/nowhere")
    (source / "in").chmod(0o500)
    os.utime(source / "in/file", (1_000_000_000, 1_000_000_000.5))
    from_spot, to_spot = spots(tmp_path)
    copy_tree(from_spot, to_spot)
    os.close(from_spot.folder)
    assert tree(tmp_path / "target") == tree(source)
    for name in ("in", "in/file"):
        theirs, ours = (source / name).stat(), (tmp_path / "target" / name).stat()
        assert (stat.S_IMODE(ours.st_mode), ours.st_mtime_ns) == (stat.S_IMODE(theirs.st_mode), theirs.st_mtime_ns)


if _ELSEWHERE.is_dir():

    @pytest.fixture
    def elsewhere(home: Path) -> Iterator[Path]:
        folder = Path(tempfile.mkdtemp(dir=_ELSEWHERE))
        assert folder.stat().st_dev != home.stat().st_dev
        yield folder
        shutil.rmtree(folder)

    @pytest.mark.parametrize("source", ["file", "folder", "folder/link"])
    async def test_moves_go_to_other_file_systems(files: Files, plenty: Path, elsewhere: Path, source: str) -> None:
        before = tree(plenty)
        await files.move(source, f"{elsewhere}/a/moved")
        assert tree(elsewhere)["a/moved"] == before[source]
        assert source not in tree(plenty)
        with pytest.raises(InvalidRequest, match="destination already exists"):
            await files.move(f"{elsewhere}/a/moved", "folder" if source != "folder" else "file")
        await files.move(f"{elsewhere}/a/moved", source)
        assert tree(plenty) == before
        assert tree(elsewhere) == {"a": "/"}

    @pytest.mark.parametrize("source", ["file", "folder"])
    async def test_other_file_systems_see_the_old_or_the_new_when_replaced(
        files: Files, plenty: Path, elsewhere: Path, source: str
    ) -> None:
        (elsewhere / "t").mkdir()
        (elsewhere / "t/old").write_text("old")
        before = tree(plenty)
        await files.move(source, f"{elsewhere}/t", overwrite=True)
        assert tree(elsewhere)["t"] == before[source]
        assert "t/old" not in tree(elsewhere)

    async def test_a_move_that_fails_half_way_leaves_both_sides_as_they_were(
        files: Files, plenty: Path, elsewhere: Path
    ) -> None:
        os.mkfifo(plenty / "folder/pipe")
        (elsewhere / "t").mkdir()
        (elsewhere / "t/old").write_text("old")
        before = sorted((plenty / "folder").iterdir())
        with pytest.raises(StreamError, match="cannot be copied"):
            await files.move("folder", f"{elsewhere}/t", overwrite=True)
        with pytest.raises(StreamError, match="cannot be copied"):
            await files.move("folder", f"{elsewhere}/new/place")
        assert sorted((plenty / "folder").iterdir()) == before
        assert tree(elsewhere) == {"t": "/", "t/old": "old"}

    async def test_a_jail_holds_between_file_systems(plenty: Path, elsewhere: Path) -> None:
        (plenty / "door").symlink_to(elsewhere)
        with pytest.raises(PermissionDenied):
            await make(plenty, root=plenty).move("file", "door/file")
        assert tree(elsewhere) == {}
