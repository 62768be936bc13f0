"""The file API, rule by rule (section 11)."""

from __future__ import annotations

import io
import os
import tarfile
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.anyio
FILE = "/v1/fs/file"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "file.txt").write_text("data")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    (tmp_path / "link").symlink_to("folder")
    return tmp_path


def tar(*names: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))
    return buffer.getvalue()


TAR = {"content-type": "application/x-tar"}
REFUSALS: list[tuple[str, dict[str, Any], int, str]] = [
    ("GET /v1/fs/file?path=none", {}, 400, "path not found: {home}/none"),
    ("GET /v1/fs/file?path=folder", {}, 400, "path is not a file: {home}/folder"),
    ("GET /v1/fs/entries?path=file.txt", {}, 400, "path is not a directory: {home}/file.txt"),
    ("GET /v1/fs/entries?path=none", {}, 400, "path not found: {home}/none"),
    ("GET /v1/fs/stat?path=none", {}, 400, "path not found: {home}/none"),
    ("DELETE /v1/fs/entry?path=none", {}, 400, "path not found: {home}/none"),
    ("GET /v1/fs/file?path=../x", {}, 400, "invalid relative path: ../x"),
    ("GET /v1/fs/file?path=a/../../x", {}, 400, "invalid relative path: a/../../x"),
    (
        "POST /v1/fs/move",
        {"json": {"from": "file.txt", "to": "folder"}},
        400,
        "destination already exists: {home}/folder",
    ),
    ("POST /v1/fs/move", {"json": {"from": "none", "to": "x"}}, 400, "path not found: {home}/none"),
    ("POST /v1/fs/upload-batch", {"content": tar("x")}, 400, "content-type must be application/x-tar"),
    ("POST /v1/fs/upload-batch", {"content": tar("../x"), "headers": TAR}, 400, "tar entry escapes destination: ../x"),
    ("POST /v1/fs/upload-batch", {"content": tar("/x"), "headers": TAR}, 400, "tar entry escapes destination: /x"),
]


@pytest.mark.parametrize("row", REFUSALS, ids=lambda row: f"{row[0]} {row[3]}")
async def test_refusal(running: Any, home: Path, row: tuple[str, dict[str, Any], int, str]) -> None:
    route, request, status, detail = row
    method, url = route.split()
    response = await running.client.request(method, url, **request)
    assert response.status_code == status
    assert response.json()["detail"] == "invalid request: " + detail.format(home=home)


async def test_an_absolute_path_is_used_as_it_is(running: Any, home: Path) -> None:
    assert (await running.client.get(FILE, params={"path": str(home / "file.txt")})).text == "data"


async def test_a_relative_path_is_below_the_home_folder_or_the_session(running: Any, home: Path) -> None:
    assert (await running.client.get("/v1/fs/stat?path=./folder/./inner")).json()["path"] == f"{home}/folder/inner"
    await running.create("s", directory="folder")
    assert (await running.client.get("/v1/fs/stat?path=inner&sessionId=s")).json()["path"] == f"{home}/folder/inner"


async def test_put_makes_parents_and_tells_what_it_wrote(running: Any, home: Path) -> None:
    response = await running.client.put(f"{FILE}?path=new/deep/a.bin", content=b"12345")
    assert response.json() == {"path": f"{home}/new/deep/a.bin", "bytesWritten": 5}
    assert (home / "new" / "deep" / "a.bin").read_bytes() == b"12345"


async def test_put_is_not_limited_to_2_mib(running: Any, home: Path) -> None:
    response = await running.client.put(f"{FILE}?path=large", content=b"x" * 5_000_000)
    assert response.json()["bytesWritten"] == os.stat(home / "large").st_size == 5_000_000  # noqa: PTH116


async def test_entries_do_not_follow_links_and_stat_does(running: Any, home: Path) -> None:
    entries = {each["name"]: each for each in (await running.client.get("/v1/fs/entries")).json()}
    assert (entries["folder"]["entryType"], entries["link"]["entryType"]) == ("directory", "file")
    assert (entries["file.txt"]["path"], entries["file.txt"]["size"]) == (f"{home}/file.txt", 4)
    assert entries["file.txt"]["modified"].endswith("+00:00")
    stat = (await running.client.get("/v1/fs/stat?path=link")).json()
    assert (stat["entryType"], stat["path"]) == ("directory", f"{home}/link")


@pytest.mark.usefixtures("home")
async def test_delete_of_a_folder_with_something_in_it_needs_recursive(running: Any) -> None:
    refused = await running.client.delete("/v1/fs/entry?path=folder")
    assert (refused.status_code, refused.json()["type"]) == (502, "urn:sandbox-agent:error:stream_error")
    assert (await running.client.delete("/v1/fs/entry?path=folder&recursive=true")).status_code == 200


async def test_mkdir_is_recursive_and_may_be_repeated(running: Any, home: Path) -> None:
    for _ in range(2):
        response = await running.client.post("/v1/fs/mkdir?path=a/b/c")
        assert response.json() == {"path": f"{home}/a/b/c"}


async def test_move_makes_parents_and_replaces_when_told(running: Any, home: Path) -> None:
    body = {"from": "file.txt", "to": "some/where/x"}
    moved = await running.client.post("/v1/fs/move", json=body)
    assert moved.json() == {"from": f"{home}/file.txt", "to": f"{home}/some/where/x"}
    (home / "file.txt").write_text("newer")
    assert (await running.client.post("/v1/fs/move", json={**body, "overwrite": True})).status_code == 200
    assert (home / "some" / "where" / "x").read_text() == "newer"


async def test_upload_batch_lists_every_entry_up_to_1024(running: Any, home: Path) -> None:
    few = await running.client.post("/v1/fs/upload-batch?path=few", content=tar("a", "b/c"), headers=TAR)
    assert few.json() == {"paths": [f"{home}/few/a", f"{home}/few/b/c"], "truncated": False}
    names = [f"f{number}" for number in range(1030)]
    many = await running.client.post("/v1/fs/upload-batch?path=many", content=tar(*names), headers=TAR)
    assert (len(many.json()["paths"]), many.json()["truncated"]) == (1024, True)
    assert len(os.listdir(home / "many")) == 1030  # noqa: PTH208
