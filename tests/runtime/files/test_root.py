import errno
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_agent.runtime.files.failures import Outside
from sandbox_agent.runtime.files.root import Root

from .helpers import descriptors


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """A jail with links of all kinds, and a secret beside it."""
    (tmp_path / "secret").write_text("secret")
    jail = tmp_path / "jail"
    (jail / "a/b").mkdir(parents=True)
    (jail / "a/b/file").write_text("inside")
    (jail / "up").symlink_to("..")
    (jail / "a/up").symlink_to("..")
    (jail / "a/b/high").symlink_to("../../../secret")
    (jail / "absolute").symlink_to(tmp_path / "secret")
    (jail / "home").symlink_to(jail / "a")
    (jail / "etc").symlink_to("/etc")
    (jail / "circle").symlink_to("circle")
    (jail / "chain").symlink_to("a/up/home/b")
    (jail / "dangling").symlink_to("a/new")
    return jail


def read(root: Root, path: str) -> str:
    with root.walk(path) as spot:
        descriptor = spot.open(os.O_RDONLY)
    with os.fdopen(descriptor) as file:
        return file.read()


@pytest.mark.parametrize(
    "path", ["a/b/file", "home/b/file", "chain/file", "a/up/a/b/file", "a/b/../b/file", "./a//b/file"]
)
def test_links_inside_the_root_are_followed(world: Path, path: str) -> None:
    assert read(Root(world), f"{world}/{path}") == "inside"


@pytest.mark.parametrize(
    "path",
    ["up/secret", "a/b/high", "absolute", "etc/hostname", "a/../../secret", "..", "a/up/../secret", "etc", "up"],
)
def test_nothing_leads_out_of_the_root(world: Path, path: str) -> None:
    with pytest.raises(Outside), Root(world).walk(f"{world}/{path}") as spot:
        spot.stat()


@pytest.mark.parametrize("path", ["/etc/hostname", "/", "/../etc"])
def test_a_path_that_begins_elsewhere_is_outside(world: Path, path: str) -> None:
    with pytest.raises(Outside), Root(world).walk(path):
        pass


def test_a_sibling_of_the_same_beginning_is_outside(world: Path) -> None:
    (world.parent / "jail2").mkdir()
    with pytest.raises(Outside), Root(world).walk(f"{world}2"):
        pass


def test_without_a_root_the_whole_disk_is_there(world: Path) -> None:
    assert read(Root(None), f"{world}/up/secret") == "secret"
    assert read(Root(None), f"{world}/a/b/../../../secret") == "secret"
    with Root(None).walk("/../..") as spot:
        assert os.path.samestat(spot.stat(), Path("/").stat())


def test_a_circle_of_links_ends(world: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)), Root(world).walk(f"{world}/circle"):
        pass


def test_a_path_that_goes_up_and_down_forever_ends(world: Path) -> None:
    with pytest.raises(OSError, match=os.strerror(errno.ELOOP)), Root(world).walk(str(world) + "/a/b/../.." * 4000):
        pass


def test_a_link_at_the_end_can_be_taken_itself(world: Path) -> None:
    with Root(world).walk(f"{world}/absolute", follow=False) as spot:
        assert spot.name == "absolute"


def test_the_root_may_be_reached_through_a_link(world: Path) -> None:
    alias = world.parent / "alias"
    alias.symlink_to(world)
    assert read(Root(alias), f"{alias}/a/b/file") == "inside"
    assert read(Root(alias), f"{world}/a/b/file") == "inside"


def test_missing_folders_are_made_and_can_be_unmade(world: Path) -> None:
    root = Root(world)
    with root.walk(f"{world}/a/x/y/z", make=True) as spot:
        created = spot.created
    assert (world / "a/x/y").is_dir()
    assert not (world / "a/x/y/z").exists()
    root.undo(created)
    assert not (world / "a/x").exists()
    assert (world / "a").is_dir()


def test_folders_in_use_are_not_unmade(world: Path) -> None:
    root = Root(world)
    with root.walk(f"{world}/x/y/z", make=True) as spot:
        (world / "x/other").touch()
        root.undo(spot.created)
    assert [path.name for path in (world / "x").iterdir()] == ["other"]


def test_no_folder_is_made_outside(world: Path) -> None:
    with pytest.raises(Outside), Root(world).walk(f"{world}/new/../../evil/x", make=True):
        pass
    assert not (world.parent / "evil").exists()
    assert not (world / "new").exists()


def test_a_walk_leaves_no_descriptors(world: Path) -> None:
    before = descriptors()
    for path in ("a/b/file", "up", "circle", "missing/x", "a/b/file/x"):
        for make in (False, True):
            try:
                with Root(world).walk(f"{world}/{path}", make=make):
                    pass
            except (Outside, OSError):
                pass
    assert descriptors() == before


parts = st.lists(st.sampled_from(["a", "b", "..", "up", "home", "chain", "high", "etc", "absolute", "."]), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(parts)
def test_any_walk_ends_inside_or_not_at_all(world: Path, parts: list[str]) -> None:
    try:
        with Root(world).walk("/".join((str(world), *parts))) as spot:
            end = os.fstat(spot.folder)
    except (Outside, OSError):
        return
    inside = [world, *(path for path in world.rglob("*") if path.is_dir() and not path.is_symlink())]
    assert any(os.path.samestat(end, path.stat()) for path in inside)


def test_a_folder_that_is_swapped_for_a_link_all_the_time_leads_nowhere_outside(world: Path) -> None:
    (world / "real").mkdir()
    (world / "real/secret").write_text("inside")
    (world / "evil").symlink_to(world.parent)
    (world / "door").symlink_to("real")
    stop = threading.Event()

    def swap() -> None:
        for target in _forever("real", "evil", str(world.parent), "up"):
            if stop.is_set():
                return
            (world / "next").symlink_to(target)
            (world / "next").rename(world / "door")

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[str] = set()
    try:
        for _ in range(3_000):
            try:
                seen.add(read(Root(world), f"{world}/door/secret"))
            except (Outside, OSError) as error:
                seen.add(type(error).__name__)
    finally:
        stop.set()
        thread.join()
    assert "secret" not in seen
    assert "Outside" in seen


def test_a_folder_that_is_exchanged_with_a_link_all_the_time_leads_nowhere_outside(world: Path) -> None:
    """Not a link that changes, but a real folder that becomes one between the look and the open."""
    (world / "door").mkdir()
    (world / "door/secret").write_text("inside")
    (world / "evil").symlink_to(world.parent)
    stop = threading.Event()

    def swap() -> None:
        while not stop.is_set():
            (world / "door").rename(world / "aside")
            (world / "evil").rename(world / "door")
            (world / "door").rename(world / "evil")
            (world / "aside").rename(world / "door")

    thread = threading.Thread(target=swap)
    thread.start()
    seen: set[str] = set()
    try:
        for _ in range(5_000):
            try:
                seen.add(read(Root(world), f"{world}/door/secret"))
            except (Outside, OSError) as error:
                seen.add(type(error).__name__)
    finally:
        stop.set()
        thread.join()
    assert "secret" not in seen
    assert "inside" in seen


def _forever(*targets: str) -> Iterator[str]:
    while True:
        yield from targets
