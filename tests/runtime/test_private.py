from __future__ import annotations

import stat
from pathlib import Path

from sandbox_agent.adapter import Spawn
from sandbox_agent.runtime.private import PrivateFolders, place_files, remove_folder


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_files_are_for_our_user_alone_and_links_lead_where_they_should(tmp_path: Path) -> None:
    folders = PrivateFolders(tmp_path)
    own = folders.take()
    assert not own.exists(), "a session without files has no folder"
    file, link = own / "deep/secret.json", own / "skills/one"
    spawn = Spawn(files={str(file): b"first"}, links={str(link): str(tmp_path)})
    place_files(spawn)
    assert file.read_bytes() == b"first"
    assert (mode(file), mode(file.parent)) == (0o600, 0o700)
    assert link.resolve() == tmp_path.resolve()
    place_files(Spawn(files={str(file): b"again"}, links={str(link): "/"}))
    assert file.read_bytes() == b"again"
    assert str(link.readlink()) == "/"
    assert sorted(each.name for each in own.rglob("*")) == ["deep", "one", "secret.json", "skills"]
    folders.close()
    assert not own.parent.exists()


def test_removing_a_folder_leaves_what_its_links_lead_to(tmp_path: Path) -> None:
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious/file").touch()
    place_files(Spawn(links={str(tmp_path / "own/link"): str(tmp_path / "precious")}))
    remove_folder(tmp_path / "own")
    remove_folder(tmp_path / "own")
    assert (tmp_path / "precious/file").exists()
    assert not (tmp_path / "own").exists()


def test_no_two_sessions_share_a_folder(tmp_path: Path) -> None:
    one, other = PrivateFolders(tmp_path), PrivateFolders(tmp_path)
    taken = {one.take(), one.take(), other.take(), other.take()}
    assert len(taken) == 4
    one.close()
    other.close()


def test_what_a_killed_daemon_left_is_removed_and_what_a_living_one_has_is_not(tmp_path: Path) -> None:
    living, killed = PrivateFolders(tmp_path), PrivateFolders(tmp_path)
    kept, left = living.take(), killed.take()
    for folder in (kept, left):
        place_files(Spawn(files={str(folder / "mcp.json"): b"secret"}))
    held = killed._held
    assert held is not None
    held.close()  # as the system does it for a process that is killed
    fresh = PrivateFolders(tmp_path)
    fresh.take()
    assert (kept / "mcp.json").exists()
    assert not left.parent.exists()
    living.close()
    fresh.close()


def test_a_data_folder_that_cannot_be_written_is_no_obstacle(tmp_path: Path) -> None:
    (tmp_path / "private").write_text("in the way")
    folders = PrivateFolders(tmp_path)
    own = folders.take()
    place_files(Spawn(files={str(own / "a"): b""}))
    assert mode(own.parent) == 0o700
    folders.close()
    assert not own.parent.exists()
