import gzip
import io
import os
import stat
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_agent.runtime.files import Files, Limits
from sandbox_agent.schema.errors import ApiError, InvalidRequest
from sandbox_agent.schema.files import FsUnpacked

from .helpers import chunks, make, tree

pytestmark = pytest.mark.anyio


def member(name: str, text: str | None = None, **fields: Any) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(name)
    data = (text or "").encode()
    info.size = len(data)
    info.mode = 0o644
    for field, value in fields.items():
        setattr(info, field, value)
    return info, data


def folder(name: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.DIRTYPE, mode=0o755)


def link(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.SYMTYPE, linkname=target)


def same(name: str, target: str) -> tuple[tarfile.TarInfo, bytes]:
    return member(name, type=tarfile.LNKTYPE, linkname=target)


def tar(*members: tuple[tarfile.TarInfo, bytes], form: int = tarfile.PAX_FORMAT) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=form) as archive:
        for info, data in members:
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


async def unpack(files: Files, data: bytes, path: str = "to") -> FsUnpacked:
    return await files.unpack(path, chunks(*(data[i : i + 60_000] for i in range(0, len(data), 60_000))))


@pytest.mark.parametrize("form", [tarfile.PAX_FORMAT, tarfile.GNU_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
async def test_an_archive_is_unpacked_with_all_it_has(
    files: Files, home: Path, pack: Callable[[bytes], bytes], form: int
) -> None:
    data = tar(
        folder("./"),
        folder("a"),
        member("./a/ü.txt", "one", mode=0o4755, mtime=1_000_000_000),
        member("deep/er/two", "two"),
        link("a/link", "../deep/er"),
        same("a/twin", "deep/er/two"),
        member("n" * 90, "long"),
        member("empty"),
        form=form,
    )
    unpacked = await unpack(files, pack(data))
    assert tree(home / "to") == {
        "a": "/",
        "a/link": "-> ../deep/er",
        "a/twin": "two",
        "a/ü.txt": "one",
        "deep": "/",
        "deep/er": "/",
        "deep/er/two": "two",
        "empty": "",
        "n" * 90: "long",
    }
    names = ("a", "a/ü.txt", "deep/er/two", "a/link", "a/twin", "n" * 90, "empty")
    assert unpacked == FsUnpacked(paths=tuple(f"{home}/to/{name}" for name in names), truncated=False)
    status = (home / "to/a/ü.txt").stat()
    assert (stat.S_IMODE(status.st_mode), status.st_mtime) == (0o755, 1_000_000_000)
    assert (home / "to/a/twin").stat().st_ino == (home / "to/deep/er/two").stat().st_ino


async def test_folders_are_merged_and_files_replaced(files: Files, home: Path) -> None:
    (home / "to/a").mkdir(parents=True)
    (home / "to/a/old").write_text("old")
    (home / "to/a/both").write_text("old")
    (home / "to/gone").symlink_to("/etc/hostname")
    await unpack(files, tar(folder("a"), member("a/both", "new"), member("a/new", "new"), member("gone", "file")))
    assert tree(home / "to") == {"a": "/", "a/both": "new", "a/new": "new", "a/old": "old", "gone": "file"}


async def test_the_answer_names_1024_entries_and_unpacks_the_rest(files: Files, home: Path) -> None:
    exact = await unpack(files, tar(*(member(f"f{i}") for i in range(1024))), "exact")
    assert (len(exact.paths), exact.truncated) == (1024, False)
    more = await unpack(files, tar(*(member(f"f{i}") for i in range(1025))), "more")
    assert (len(more.paths), more.truncated) == (1024, True)
    assert len(tree(home / "more")) == 1025


async def test_a_later_entry_replaces_an_earlier_one(files: Files, home: Path) -> None:
    await unpack(files, tar(member("f", "one"), link("g", "f"), member("f", "two"), member("g", "three")))
    assert tree(home / "to") == {"f": "two", "g": "three"}


BAD = {
    "parent": [member("../evil", "x")],
    "parent in the middle": [member("a/../../evil", "x")],
    "absolute": [member("/evil/x", "x")],
    "absolute folder": [folder("/evil/x")],
    "link to an absolute path": [link("l", "/etc")],
    "link to above": [link("l", "../outside")],
    "link to above from a folder": [folder("a"), link("a/l", "../../outside")],
    "link through a link": [link("a/b/l1", "../.."), link("a/b/l2", "l1/../outside")],
    "file through a link": [folder("real"), link("l", "real"), member("l/evil", "x")],
    "folder through a link": [folder("real"), link("l", "real"), folder("l/evil")],
    "hard link to above": [same("l", "../outside/secret")],
    "hard link to an absolute path": [same("l", "/etc/passwd")],
    "hard link to a link": [folder("a/b"), link("a/b/l", "../.."), same("m", "a/b/l")],
    "hard link to what is there already": [same("l", "present")],
    "hard link through a link": [folder("real"), member("real/f", "x"), link("l", "real"), same("m", "l/f")],
    "hard link to itself": [same("l", "l")],
    "character device": [member("null", type=tarfile.CHRTYPE, devmajor=1, devminor=3)],
    "block device": [member("disk", type=tarfile.BLKTYPE, devmajor=8)],
    "pipe": [member("pipe", type=tarfile.FIFOTYPE)],
    "unknown kind": [member("x", type=b"Z")],
    "file over a folder": [folder("a"), member("a", "x")],
    "folder over a file": [member("a", "x"), folder("a")],
    "file below a file": [member("a", "x"), member("a/b", "x")],
    "the destination as a file": [member(".", "x")],
    "the destination as a link": [link(".", "../outside")],
    "too deep": [member("d/" * 101 + "f", "x")],
}


@pytest.mark.parametrize("entries", BAD.values(), ids=BAD.keys())
@pytest.mark.parametrize("jailed", [True, False])
async def test_a_hostile_archive_changes_nothing(
    home: Path, tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], *, jailed: bool
) -> None:
    files = make(home, root=home if jailed else None)
    (home / "to").mkdir()
    (home / "to/present").write_text("present")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside/secret").write_text("secret")
    before = tree(tmp_path)
    with pytest.raises(InvalidRequest) as caught:
        await unpack(files, tar(member("good", "good"), *entries))
    assert caught.value.status == 400
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", ["parent", "absolute", "link to an absolute path", "file through a link"])
async def test_what_escapes_is_called_so(files: Files, name: str) -> None:
    with pytest.raises(InvalidRequest, match="tar entry escapes destination: "):
        await unpack(files, tar(*BAD[name]))


async def test_links_that_are_there_already_are_not_gone_through(files: Files, home: Path, tmp_path: Path) -> None:
    (home / "to").mkdir()
    (home / "to/door").symlink_to(tmp_path)
    (home / "to/file").write_text("x")
    (home / "to/folder").mkdir()
    before = tree(home)
    for entries in ((member("door/evil", "x"),), (folder("door"),), (member("file/x", "x"),), (member("folder", "x"),)):
        with pytest.raises(InvalidRequest):
            await unpack(files, tar(member("good", "good"), *entries))
        assert tree(home) == before


async def test_a_destination_may_be_a_link_but_not_a_file(files: Files, home: Path) -> None:
    (home / "real").mkdir()
    (home / "to").symlink_to("real")
    (home / "file").touch()
    await unpack(files, tar(member("f", "x")))
    assert (home / "real/f").read_text() == "x"
    with pytest.raises(InvalidRequest, match="path is not a directory"):
        await unpack(files, tar(member("f", "x")), "file")


GOOD = tar(member("a", "x" * 5000), member("b", "y" * 600))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"not a tar file",
        os.urandom(4000),
        b"\x1f\x8bnot gzip",
        GOOD[:700],
        GOOD[:5900],
        GOOD[:6200],
        GOOD[:5632] + b"garbage" * 100,
        gzip.compress(GOOD)[:-30],
        gzip.compress(GOOD)[:-8] + b"12345678",
        gzip.compress(b"not a tar file"),
    ],
    ids=["empty", "text", "noise", "bad gzip", "in a", "in b's header", "in b", "garbage", "cut", "checksum", "no tar"],
)
async def test_a_damaged_archive_changes_nothing(files: Files, home: Path, data: bytes) -> None:
    with pytest.raises(InvalidRequest, match="tar"):
        await unpack(files, data)
    assert tree(home) == {}


async def test_an_archive_without_its_last_zeros_is_whole(files: Files, home: Path) -> None:
    await unpack(files, GOOD[: 512 + 5120 + 512 + 1024])
    assert list(tree(home / "to")) == ["a", "b"]


async def test_an_empty_archive_makes_the_folder(files: Files, home: Path) -> None:
    assert await unpack(files, tar()) == FsUnpacked(paths=(), truncated=False)
    assert tree(home) == {"to": "/"}


async def refused(home: Path, data: bytes, limits: Limits | None = None) -> None:
    with pytest.raises(InvalidRequest) as caught:
        await unpack(make(home, limits=limits), data)
    assert caught.value.status == 413
    assert tree(home) == {}


async def test_a_bomb_of_bytes_is_refused(home: Path) -> None:
    await refused(home, gzip.compress(tar(member("f", "0" * 2_000_000))), Limits(bytes=1_000_000))


async def test_a_bomb_of_entries_is_refused(home: Path) -> None:
    await refused(home, tar(*(member(f"f{i}") for i in range(101))), Limits(entries=100))


async def test_more_than_the_disk_holds_is_refused_before_it_is_tried(home: Path) -> None:
    info, _ = member("f", size=2**60)
    await refused(home, info.tobuf(tarfile.GNU_FORMAT), Limits(bytes=2**62))


async def test_a_file_of_holes_counts_as_large_as_it_is(home: Path) -> None:
    info, _ = member("f", size=0)
    headers = {"GNU.sparse.major": "0", "GNU.sparse.minor": "1", "GNU.sparse.map": "0,0", "GNU.sparse.size": str(2**50)}
    info.pax_headers = headers
    await refused(home, info.tobuf(tarfile.PAX_FORMAT))


@pytest.mark.parametrize("kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME])
async def test_a_huge_header_is_refused_before_it_is_read(home: Path, kind: bytes) -> None:
    info, _ = member("header", type=kind, size=2**40)
    await refused(home, tar(member("a", "x"))[:1024] + info.tobuf(tarfile.GNU_FORMAT) + b"x" * 100_000)
    await refused(home, info.tobuf(tarfile.GNU_FORMAT) + b"x" * 100_000)


async def test_headers_that_pile_up_are_refused(home: Path) -> None:
    names = (f"{i}.{'n' * 400_000}" for i in range(9))
    blocks: list[bytes] = []
    for name in names:
        record = f"{len(name) + 11} {name}=v\n".encode()
        info, _ = member("g", type=tarfile.XGLTYPE, size=len(record))
        padding = b"\0" * (-len(record) % 512)
        blocks.append(info.tobuf(tarfile.USTAR_FORMAT) + record + padding + tar(member(f"f{len(blocks)}"))[:512])
    await refused(home, b"".join(blocks))


async def test_a_chain_of_headers_is_refused(home: Path) -> None:
    record = b"11 path=ab\n"
    info, _ = member("x", type=tarfile.XHDTYPE, size=len(record))
    header = info.tobuf(tarfile.USTAR_FORMAT) + record.ljust(512, b"\0")
    await refused(home, header * 1000 + tar(member("f")))


kinds = st.sampled_from(["file", "folder", "link", "same"])
names = st.lists(st.sampled_from(["a", "b", "..", "c", "."]), min_size=1, max_size=4).map("/".join)
entries = st.lists(st.tuples(kinds, names, names), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(entries, entries)
async def test_whatever_an_archive_says_nothing_outside_changes_and_no_link_leads_there(
    tmp_path_factory: pytest.TempPathFactory, first: list[tuple[str, str, str]], second: list[tuple[str, str, str]]
) -> None:
    top = tmp_path_factory.mktemp("top").resolve()
    files = make(top)
    (top / "c").write_text("outside")
    make_one: dict[str, Callable[[str, str], tuple[tarfile.TarInfo, bytes]]] = {
        "file": lambda name, _: member(name, "x"),
        "folder": lambda name, _: folder(name),
        "link": link,
        "same": same,
    }
    for described in (first, second):
        data = tar(*(make_one[kind](name, target) for kind, name, target in described))
        before = tree(top)
        try:
            await unpack(files, data)
        except ApiError:
            assert tree(top) == before
    assert sorted(path.name for path in top.iterdir() if path.name != "to") == ["c"]
    assert (top / "c").read_text() == "outside"
    assert (top / "c").stat().st_nlink == 1
    for path in (top / "to").rglob("*"):
        if path.is_symlink() and path.exists():
            end = path.resolve()
            assert end == top / "to" or top / "to" in end.parents
