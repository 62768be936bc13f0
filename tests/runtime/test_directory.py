from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.runtime.directory import working_directory
from sandbox_agent.schema.errors import InvalidRequest, PermissionDenied


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "root"
    (root / "work").mkdir(parents=True)
    (root / "file").write_text("")
    (root / "near").symlink_to("work")
    (root / "far").symlink_to(tmp_path)
    return root


def test_without_a_file_root_it_is_below_the_daemons_or_anywhere(root: Path) -> None:
    assert working_directory(str(root), None, None) == str(root)
    assert working_directory(str(root), "work", None) == str(root / "work")
    assert working_directory(str(root), "/", None) == "/"


def test_a_daemon_that_works_inside_the_root_gives_its_directory(root: Path) -> None:
    assert working_directory(str(root / "work"), None, root) == str(root / "work")
    assert working_directory(str(root / "work"), "../near", root) == str(root / "work" / ".." / "near")


def test_a_daemon_that_works_elsewhere_gives_the_root(root: Path) -> None:
    assert working_directory("/", None, root) == str(root)
    assert working_directory("/", "work", root) == str(root / "work")


@pytest.mark.parametrize("named", ["/", "/etc", "..", "far", "work/../..", "far/root"])
def test_nothing_leads_out_of_the_root(root: Path, named: str) -> None:
    with pytest.raises(PermissionDenied):
        working_directory("/", named, root)


@pytest.mark.parametrize(
    "named", ["file", "none", "file/x", "a\0b", "x" * 5000], ids=lambda named: named[:9].replace("\0", "NUL")
)
@pytest.mark.parametrize("jailed", [True, False])
def test_what_is_no_folder_is_refused(root: Path, named: str, jailed: bool) -> None:
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        working_directory(str(root), named, root if jailed else None)
