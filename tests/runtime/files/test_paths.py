import os
from pathlib import Path

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sandbox_agent.runtime.files.paths import below, entry_parts, link_stays_inside, locate, parts_of
from sandbox_agent.schema.errors import InvalidRequest

names = st.sampled_from(["a", "b", "..", ".", "", "c d", "ü", "...", "-x"])
paths = st.lists(names, max_size=8).map("/".join)
clean = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=4)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("a", "/base/a"),
        ("./a/./b", "/base/a/b"),
        ("a//b/", "/base/a/b"),
        (".", "/base"),
        ("", "/base"),
        ("/etc/hosts", "/etc/hosts"),
        ("//etc/hosts", "/etc/hosts"),
        ("/a/../b", "/a/../b"),
        ("...", "/base/..."),
    ],
)
def test_where_a_path_leads(text: str, path: str) -> None:
    assert locate(text, "/base") == path


@pytest.mark.parametrize("text", ["..", "../a", "a/..", "a/../../b", "./.."])
def test_a_relative_path_cannot_go_up(text: str) -> None:
    with pytest.raises(InvalidRequest, match=f"invalid relative path: {text}"):
        locate(text, "/base")


@pytest.mark.parametrize("text", ["a/" * 2_048, "/" + "ü" * 2_048, "x" * 4_096])
def test_a_path_that_no_program_could_open_is_refused(text: str) -> None:
    with pytest.raises(InvalidRequest, match="the path is too long"):
        locate(text, "/base")


def test_the_longest_path_is_taken() -> None:
    assert locate("/" + "a/" * 2_046 + "bc", "/base").endswith("/a/bc")


@pytest.mark.parametrize("text", ["a\0b", "/a\0", "\0"])
def test_a_path_has_no_nul(text: str) -> None:
    with pytest.raises(InvalidRequest, match="invalid path"):
        locate(text, "/base")


@given(paths)
def test_a_relative_path_stays_in_its_base_or_is_refused(text: str) -> None:
    assume(not text.startswith("/"))
    try:
        path = locate(text, "/some/base")
    except InvalidRequest:
        assert ".." in text.split("/")
    else:
        assert below(path, "/some/base") == parts_of(text)
        assert os.path.normpath(path) == path


@given(paths)
def test_an_archive_entry_stays_below_the_destination_or_is_refused(name: str) -> None:
    try:
        parts = entry_parts(name)
    except InvalidRequest:
        assert name.startswith("/") or ".." in name.split("/")
    else:
        joined = os.path.normpath("/".join(("/d", *parts)))
        assert joined == "/d" or joined.startswith("/d/")
        assert "/" not in "".join(parts)


@pytest.mark.parametrize(
    ("path", "root", "parts"),
    [
        ("/a/b", "/a", ("b",)),
        ("/a", "/a", ()),
        ("/a/../b", "/a", ("..", "b")),
        ("/ab", "/a", None),
        ("/a", "/a/b", None),
        ("/x", "/", ("x",)),
        ("/b/../a/c", "/a", None),
    ],
)
def test_below_compares_whole_names(path: str, root: str, parts: tuple[str, ...] | None) -> None:
    assert below(path, root) == parts


@pytest.mark.parametrize(
    ("target", "depth", "inside"),
    [
        ("a", 0, True),
        ("../a", 1, True),
        ("../a", 0, False),
        ("../../x", 2, True),
        ("/etc", 9, False),
        ("a/../b", 3, False),
        ("..", 1, True),
        (".", 0, True),
    ],
)
def test_which_links_an_archive_may_have(target: str, depth: int, *, inside: bool) -> None:
    assert link_stays_inside(target, depth) is inside


@given(st.lists(st.tuples(clean, paths), max_size=6))
def test_no_chain_of_admitted_links_leaves_the_folder(tmp_path_factory: pytest.TempPathFactory, links: object) -> None:
    top = tmp_path_factory.mktemp("top").resolve()
    made: list[Path] = []
    assert isinstance(links, list)
    for parts, target in links:
        place = top.joinpath(*parts)
        if (
            target
            and link_stays_inside(target, len(parts) - 1)
            and not any(each.is_symlink() for each in place.parents)
        ):
            try:
                place.parent.mkdir(parents=True, exist_ok=True)
                place.symlink_to(target)
            except FileExistsError:
                continue
            made.append(place)
    for place in made:
        try:
            place.stat()
        except FileNotFoundError:
            pass  # where it would lead counts too
        except OSError:  # a circle leads nowhere, which `resolve` does not always see
            continue
        end = place.resolve()
        assert end == top or top in end.parents
