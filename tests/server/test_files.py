from __future__ import annotations

import asyncio
import gzip
import io
import tarfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from jsonschema import Draft202012Validator

from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document

pytestmark = pytest.mark.anyio

PSEUDO = Path("/proc/version")


@pytest.fixture
async def client(running: Any) -> httpx.AsyncClient:
    found: httpx.AsyncClient = running.client
    return found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    folder = tmp_path / "folder"
    folder.mkdir()
    return folder


def problem(response: httpx.Response, status: int, detail: str) -> None:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert detail in response.json()["detail"]


def tar(**files: str) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, text in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(text)
            archive.addfile(info, io.BytesIO(text.encode()))
    return buffer.getvalue()


async def test_the_life_of_a_file(client: httpx.AsyncClient, folder: Path) -> None:
    path = f"{folder}/a/b c+ü.txt"
    written = await client.put("/v1/fs/file", params={"path": path}, content=b"hello")
    assert written.json() == {"path": path, "bytesWritten": 5}
    stat = (await client.get("/v1/fs/stat", params={"path": path})).json()
    assert stat == {"path": path, "entryType": "file", "size": 5, "modified": stat["modified"]}
    listed = (await client.get("/v1/fs/entries", params={"path": f"{folder}/a"})).json()
    assert listed == [{"name": "b c+ü.txt", **stat}]
    read = await client.get("/v1/fs/file", params={"path": path})
    assert (read.content, read.headers["content-type"]) == (b"hello", "application/octet-stream")
    assert read.headers["content-length"] == "5"
    to = f"{folder}/moved"
    assert (await client.post("/v1/fs/move", json={"from": path, "to": to})).json() == {"from": path, "to": to}
    assert (await client.delete("/v1/fs/entry", params={"path": to})).json() == {"path": to}
    problem(await client.get("/v1/fs/stat", params={"path": to}), 400, f"path not found: {to}")


async def test_folders_are_made_and_deleted(client: httpx.AsyncClient, folder: Path) -> None:
    for _ in range(2):
        made = await client.post("/v1/fs/mkdir", params={"path": f"{folder}/x/y"})
        assert made.json() == {"path": f"{folder}/x/y"}
    problem(await client.delete("/v1/fs/entry", params={"path": f"{folder}/x"}), 502, "directory is not empty")
    await client.delete("/v1/fs/entry", params={"path": f"{folder}/x", "recursive": "true"})
    assert (await client.get("/v1/fs/entries", params={"path": str(folder)})).json() == []


@pytest.mark.parametrize("name", ["sessionId", "session_id"])
async def test_relative_paths_begin_in_the_session(running: Any, folder: Path, name: str) -> None:
    await running.create("s%2F1", directory=str(folder))
    query = {name: "s/1"}
    await running.client.put("/v1/fs/file", params={"path": "in/f", **query}, content=b"x")
    await running.client.post("/v1/fs/move", params=query, json={"from": "in/f", "to": "g"})
    assert [each["path"] for each in (await running.client.get("/v1/fs/entries", params=query)).json()] == [
        f"{folder}/g",
        f"{folder}/in",
    ]
    problem(
        await running.client.get("/v1/fs/stat", params={"path": "../x", **query}), 400, "invalid relative path: ../x"
    )
    problem(await running.client.get("/v1/fs/entries", params={name: "no"}), 404, "session not found: no")


@pytest.mark.parametrize(
    ("call", "status", "detail"),
    [
        ("GET /v1/fs/file", 400, "missing query parameter: path"),
        ("GET /v1/fs/file?path=%2Fno%2Fsuch", 400, "path not found: /no/such"),
        ("GET /v1/fs/file?path=/", 400, "path is not a file: /"),
        ("GET /v1/fs/file?path=/dev/null", 400, "path is not a file: /dev/null"),
        ("GET /v1/fs/entries?path=/dev/null", 400, "path is not a directory: /dev/null"),
        ("GET /v1/fs/stat?path=a%00b", 400, "invalid path"),
        ("GET /v1/fs/stat?path=/a&path=/b", 400, "duplicate query parameter: path"),
        ("DELETE /v1/fs/entry?path=/&recursive=true", 400, "the root cannot be deleted"),
        ("DELETE /v1/fs/entry?path=/no/such&recursive=1", 400, "is not a boolean"),
        ("PUT /v1/fs/file?path=/", 400, "path is not a file"),
        ("POST /v1/fs/upload-batch", 400, "content-type must be application/x-tar"),
        ("POST /v1/fs/file?path=/x", 405, "not allowed"),
    ],
)
async def test_what_cannot_be_is_a_problem(client: httpx.AsyncClient, call: str, status: int, detail: str) -> None:
    method, path = call.split()
    problem(await client.request(method, path), status, detail)


@pytest.mark.parametrize("body", ["{}", '{"from":"a"}', '{"from":1,"to":"b"}', "nonsense", ""])
async def test_a_move_needs_both_ends(client: httpx.AsyncClient, body: str) -> None:
    response = await client.post("/v1/fs/move", content=body, headers={"content-type": "application/json"})
    assert response.status_code in {400, 422}


async def test_a_target_is_replaced_only_when_asked_for(client: httpx.AsyncClient, folder: Path) -> None:
    for name in ("a", "b"):
        await client.put("/v1/fs/file", params={"path": f"{folder}/{name}"}, content=name.encode())
    move = {"from": f"{folder}/a", "to": f"{folder}/b"}
    for overwrite in ({}, {"overwrite": False}, {"overwrite": None}):
        response = await client.post("/v1/fs/move", json={**move, **overwrite})
        problem(response, 400, f"destination already exists: {folder}/b")
    assert (await client.post("/v1/fs/move", json={**move, "overwrite": True})).status_code == 200
    assert (await client.get("/v1/fs/file", params={"path": f"{folder}/b"})).content == b"a"


async def test_ranges_of_a_file(client: httpx.AsyncClient, folder: Path) -> None:
    query = {"path": f"{folder}/f"}
    await client.put("/v1/fs/file", params=query, content=b"0123456789")

    async def get(**headers: str) -> httpx.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return await client.get("/v1/fs/file", params=query, headers=named)

    part = await get(range="bytes=2-4")
    assert (part.status_code, part.content, part.headers["content-range"]) == (206, b"234", "bytes 2-4/10")
    assert part.headers["content-length"] == "3"
    assert (await get(range="bytes=-3")).content == b"789"
    assert (await get(range="bytes=8-")).content == b"89"
    several = await get(range="bytes=0-1,3-4")
    assert (several.status_code, several.content) == (200, b"0123456789")
    outside = await get(range="bytes=10-")
    problem(outside, 416, "it has 10 bytes")
    assert outside.headers["content-range"] == "bytes */10"
    same = await get(range="bytes=0-1", if_range=part.headers["etag"])
    other = await get(range="bytes=0-1", if_range='"other"')
    assert (same.status_code, other.status_code) == (206, 200)
    head = await client.head("/v1/fs/file", params=query, headers={"range": "bytes=2-4"})
    assert (head.status_code, head.headers["content-length"], head.content) == (206, "3", b"")


async def test_an_empty_file(client: httpx.AsyncClient, folder: Path) -> None:
    query = {"path": f"{folder}/empty"}
    assert (await client.put("/v1/fs/file", params=query, content=b"")).json()["bytesWritten"] == 0
    assert (await client.get("/v1/fs/file", params=query)).content == b""


if PSEUDO.is_file():

    async def test_files_that_say_they_are_empty_and_are_not(client: httpx.AsyncClient) -> None:
        read = await client.get("/v1/fs/file", params={"path": str(PSEUDO)})
        assert b"Linux" in read.content


@pytest.mark.parametrize("kind", ["application/x-tar", "application/x-tar; charset=binary", "application/gzip"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
async def test_an_archive_is_unpacked(client: httpx.AsyncClient, folder: Path, kind: str, pack: Any) -> None:
    body = pack(tar(**{"a": "one", "b/c": "two"}))
    response = await client.post(
        "/v1/fs/upload-batch", params={"path": str(folder)}, content=body, headers={"content-type": kind}
    )
    assert response.json() == {"paths": [f"{folder}/a", f"{folder}/b/c"], "truncated": False}
    assert (await client.get("/v1/fs/file", params={"path": f"{folder}/b/c"})).content == b"two"


async def test_an_archive_that_leads_out_is_refused(client: httpx.AsyncClient, folder: Path) -> None:
    response = await client.post(
        "/v1/fs/upload-batch",
        params={"path": f"{folder}/in"},
        content=tar(**{"good": "x", "../evil": "x"}),
        headers={"content-type": "application/x-tar"},
    )
    problem(response, 400, "tar entry escapes destination: ../evil")
    assert (await client.get("/v1/fs/entries", params={"path": str(folder)})).json() == []


@pytest.mark.parametrize("length", ["content-length: 1000000", "transfer-encoding: chunked"])
async def test_a_connection_that_is_cut_leaves_nothing(running: Any, folder: Path, length: str) -> None:
    before = asyncio.all_tasks()
    head = f"PUT /v1/fs/file?path={folder}/new/f HTTP/1.1\r\nhost: localhost\r\n{length}\r\n\r\n"
    async with running.raw(head.encode() + b"100000\r\n" + b"x" * 70_000):
        async with asyncio.timeout(10):
            while (await running.client.get("/v1/fs/stat", params={"path": f"{folder}/new"})).status_code != 200:
                pass
    async with asyncio.timeout(10):
        while (await running.client.get("/v1/fs/entries", params={"path": str(folder)})).json():
            pass
        await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)


async def test_a_large_upload_that_is_refused_hears_why_and_the_connection_goes_on(running: Any) -> None:
    async with httpx.AsyncClient(base_url=running.url, limits=httpx.Limits(max_connections=1), timeout=60) as client:
        for _ in range(3):
            problem(await client.put("/v1/fs/file?path=/", content=b"x" * 5_000_000), 400, "path is not a file: /")
            assert (await client.get("/v1/health")).status_code == 200


async def test_a_client_that_leaves_in_mid_download_is_let_go(running: Any, folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(2**40)
    request = f"GET /v1/fs/file?path={folder}/big HTTP/1.1\r\nhost: localhost\r\n\r\n"
    before = asyncio.all_tasks()
    async with asyncio.timeout(10):
        async with running.raw(request.encode()) as reader:
            assert b"200" in await reader.readline()
            await reader.readexactly(3_000_000)
        await asyncio.gather(*(asyncio.all_tasks() - before), return_exceptions=True)


async def test_others_are_served_while_a_file_is_sent(running: Any, folder: Path) -> None:
    with (folder / "big").open("wb") as file:
        file.truncate(2**40)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield b"x" * 65_536

    async with asyncio.timeout(20), running.client.stream("GET", f"/v1/fs/file?path={folder}/big") as response:
        await anext(aiter(response.aiter_raw()))
        upload = asyncio.create_task(running.client.put(f"/v1/fs/file?path={folder}/up", content=endless()))
        for _ in range(20):
            assert (await running.client.get("/v1/health")).status_code == 200
        upload.cancel()


async def test_the_file_root_holds_over_http(serve: Any, tmp_path: Path, folder: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (folder / "door").symlink_to("../secret")
    async with serve(fs_root=folder) as running:
        for path in ("/etc/passwd", f"{tmp_path}/secret", f"{folder}/../secret", f"{folder}/door", "door"):
            response = await running.client.get("/v1/fs/file", params={"path": path})
            problem(response, 403, "permission denied")
            assert "outside the file root" in response.json()["details"]["message"]
        await running.client.put("/v1/fs/file?path=mine", content=b"x")
        assert (folder / "mine").read_bytes() == b"x"


async def test_files_need_the_token(serve: Any) -> None:
    async with serve(token="secret") as running:
        for endpoint in ENDPOINTS:
            if endpoint.path.startswith("/v1/fs/"):
                problem(await running.client.request(endpoint.method, endpoint.path), 401, "token invalid")


async def test_answers_are_as_documented(client: httpx.AsyncClient, folder: Path) -> None:
    whole = document(ENDPOINTS)
    path = {"path": f"{folder}/f"}
    calls = {
        "fs_write": await client.put("/v1/fs/file", params=path, content=b"x"),
        "fs_stat": await client.get("/v1/fs/stat", params=path),
        "fs_entries": await client.get("/v1/fs/entries", params={"path": str(folder)}),
        "fs_mkdir": await client.post("/v1/fs/mkdir", params={"path": f"{folder}/g"}),
        "fs_move": await client.post("/v1/fs/move", json={"from": f"{folder}/f", "to": f"{folder}/h"}),
        "fs_delete": await client.delete("/v1/fs/entry", params={"path": f"{folder}/h"}),
        "fs_upload_batch": await client.post(
            "/v1/fs/upload-batch", params=path, content=tar(a="x"), headers={"content-type": "application/x-tar"}
        ),
    }
    for endpoint in ENDPOINTS:
        if endpoint.name in calls:
            answer = whole["paths"][endpoint.path][endpoint.method.lower()]["responses"]["200"]
            schema = answer["content"]["application/json"]["schema"]
            value = calls[endpoint.name].json()
            Draft202012Validator({**schema, "components": whole["components"]}).validate(value)
