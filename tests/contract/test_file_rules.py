"""The file API, the rules of section 11 that change the disk. Where the document names a hole, it is closed here."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
TAR = {"content-type": "application/x-tar"}
FILE = "/v1/fs/file"


def tar(*entries: tuple[str, str]) -> bytes:
    """`name` with what it is: text of a file, `/` for a folder, `-> target` for a link."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, what in entries:
            info = tarfile.TarInfo(name)
            info.mode = 0o755
            content = b""
            if what == "/":
                info.type = tarfile.DIRTYPE
            elif what.startswith("-> "):
                info.type, info.linkname = tarfile.SYMTYPE, what.removeprefix("-> ")
            else:
                content = what.encode()
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


PATHS: dict[str, str] = {
    "file.txt": "{home}/file.txt",
    "./file.txt": "{home}/file.txt",
    "././file.txt": "{home}/file.txt",
    "{home}/file.txt": "{home}/file.txt",
}


@pytest.mark.parametrize("path", PATHS)
async def test_path(running: Any, tmp_path: Path, path: str) -> None:
    (tmp_path / "file.txt").write_text("data")
    stat = await running.client.get("/v1/fs/stat", params={"path": path.format(home=tmp_path)})
    assert stat.json()["path"] == PATHS[path].format(home=tmp_path)


@pytest.mark.parametrize("path", ["..", "../x", "a/..", "a/../b", "./../x"])
@pytest.mark.parametrize(
    "route", ["GET /v1/fs/entries", "GET /v1/fs/stat", "DELETE /v1/fs/entry", "POST /v1/fs/mkdir", "PUT /v1/fs/file"]
)
async def test_path_with_two_dots_is_400_invalid_relative_path(running: Any, route: str, path: str) -> None:
    method, url = route.split()
    response = await running.client.request(method, url, params={"path": path})
    assert (response.status_code, response.json()["detail"]) == (400, f"invalid request: invalid relative path: {path}")


@pytest.mark.parametrize("end", ["from", "to"])
async def test_path_of_a_move_with_two_dots_is_400(running: Any, tmp_path: Path, end: str) -> None:
    (tmp_path / "a").write_text("")
    response = await running.client.post("/v1/fs/move", json={"from": "a", "to": "b", end: "../x"})
    assert (response.status_code, response.json()["detail"]) == (400, "invalid request: invalid relative path: ../x")


async def test_path_of_a_session_is_below_its_working_directory_in_every_route(running: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    await running.create("s", directory="work")
    work, query = tmp_path / "work", {"sessionId": "s"}
    put = await running.client.put(FILE, params={"path": "a", **query}, content=b"1")
    assert put.json() == {"path": f"{work}/a", "bytesWritten": 1}
    assert (await running.client.get(FILE, params={"path": "a", **query})).content == b"1"
    moved = await running.client.post("/v1/fs/move", params=query, json={"from": "a", "to": "b"})
    assert moved.json() == {"from": f"{work}/a", "to": f"{work}/b"}
    made = await running.client.post("/v1/fs/mkdir", params={"path": "c", **query})
    assert made.json() == {"path": f"{work}/c"}
    sent = await running.client.post("/v1/fs/upload-batch", params=query, content=tar(("d", "x")), headers=TAR)
    assert sent.json()["paths"] == [f"{work}/d"]
    gone = await running.client.delete("/v1/fs/entry", params={"path": "b", **query})
    assert gone.json() == {"path": f"{work}/b"}
    assert sorted(path.name for path in work.iterdir()) == ["c", "d"]


async def test_put_replaces_a_file_and_refuses_a_folder(running: Any, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    for content in (b"long before", b"now"):
        assert (await running.client.put(FILE, params={"path": "f"}, content=content)).status_code == 200
    assert (tmp_path / "f").read_bytes() == b"now"
    response = await running.client.put(FILE, params={"path": "folder"}, content=b"x")
    assert response.json()["detail"] == f"invalid request: path is not a file: {tmp_path}/folder"


DELETED: dict[str, tuple[str, int]] = {
    "file": ("file", 200),
    "file recursive=true": ("file&recursive=true", 200),
    "empty folder": ("empty", 200),
    "full folder": ("full", 502),
    "full folder recursive=false": ("full&recursive=false", 502),
    "full folder recursive=true": ("full&recursive=true", 200),
    "link to a full folder": ("link", 200),
}


@pytest.mark.parametrize("case", DELETED)
async def test_delete(running: Any, tmp_path: Path, case: str) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "empty").mkdir()
    (tmp_path / "full" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("full")
    query, status = DELETED[case]
    response = await running.client.delete(f"/v1/fs/entry?path={query}")
    assert response.status_code == status
    left = {each["name"] for each in (await running.client.get("/v1/fs/entries")).json()}
    assert (query.partition("&")[0] in left) is (status == 502)
    assert (tmp_path / "full" / "inner").exists() is (case != "full folder recursive=true")


MOVED: dict[str, tuple[dict[str, Any], int]] = {
    "to a new name": ({"to": "new"}, 200),
    "into new folders": ({"to": "a/b/c"}, 200),
    "onto a file": ({"to": "other"}, 400),
    "onto a folder": ({"to": "folder"}, 400),
    "onto a file, overwrite false": ({"to": "other", "overwrite": False}, 400),
    "onto a file, overwrite null": ({"to": "other", "overwrite": None}, 400),
    "onto a file, overwrite": ({"to": "other", "overwrite": True}, 200),
    "onto a full folder, overwrite": ({"to": "folder", "overwrite": True}, 200),
}


@pytest.mark.parametrize("case", MOVED)
async def test_move(running: Any, tmp_path: Path, case: str) -> None:
    (tmp_path / "file").write_text("moved")
    (tmp_path / "other").write_text("other")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    body, status = MOVED[case]
    response = await running.client.post("/v1/fs/move", json={"from": "file", **body})
    target = tmp_path / body["to"]
    assert response.status_code == status
    if status == 200:
        assert response.json() == {"from": f"{tmp_path}/file", "to": str(target)}
        assert (target.read_text(), (tmp_path / "file").exists()) == ("moved", False)
    else:
        assert response.json()["detail"] == f"invalid request: destination already exists: {target}"
        assert (tmp_path / "file").read_text() == "moved"


async def test_upload_batch_lists_folders_too(running: Any, tmp_path: Path) -> None:
    archive = tar(("a", "/"), ("a/b", "x"))
    response = await running.client.post("/v1/fs/upload-batch?path=new", content=archive, headers=TAR)
    assert response.json() == {"paths": [f"{tmp_path}/new/a", f"{tmp_path}/new/a/b"], "truncated": False}
    assert (tmp_path / "new" / "a" / "b").read_text() == "x"


async def test_upload_batch_a_later_entry_cannot_write_through_a_link_and_nothing_is_unpacked_mended(
    running: Any, tmp_path: Path
) -> None:
    (tmp_path / "outside").mkdir()
    archive = tar(("first", "x"), ("link", "-> ../outside"), ("link/file", "x"))
    response = await running.client.post("/v1/fs/upload-batch?path=new", content=archive, headers=TAR)
    assert response.status_code == 400
    assert list((tmp_path / "outside").iterdir()) == []
    assert not (tmp_path / "new" / "first").exists()


@pytest.mark.parametrize("content_type", ["application/x-tar", "application/x-tar; a=b", "application/x-tar+gzip"])
async def test_upload_batch_content_type_begins_with_application_x_tar(running: Any, content_type: str) -> None:
    headers = {"content-type": content_type}
    response = await running.client.post("/v1/fs/upload-batch", content=tar(("a", "x")), headers=headers)
    assert response.status_code == 200


@pytest.mark.parametrize("content_type", [None, "", "application/octet-stream", "text/plain"])
async def test_upload_batch_of_another_content_type_is_refused(running: Any, content_type: str | None) -> None:
    headers = {} if content_type is None else {"content-type": content_type}
    response = await running.client.post("/v1/fs/upload-batch", content=tar(("a", "x")), headers=headers)
    assert response.status_code == 400
    assert response.json()["detail"] == "invalid request: content-type must be application/x-tar"
