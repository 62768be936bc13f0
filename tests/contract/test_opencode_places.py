"""Section 10 of the contract, what clients look at beside sessions: agents, files, tool servers, screens."""

from __future__ import annotations

import base64
import subprocess
from pathlib import Path
from typing import Any

import pytest

from .opencode import create, hearing

pytestmark = pytest.mark.anyio


async def test_providers_are_the_agents_and_those_installed_are_connected(running: Any) -> None:
    listed = (await running.client.get("/provider")).json()
    assert {each["id"] for each in listed["all"]} >= {"claude", "codex", "opencode", "amp", "mock"}
    assert listed["connected"] == ["mock"]
    usable = (await running.client.get("/config/providers")).json()
    assert [each["id"] for each in usable["providers"]] == ["mock"]
    assert usable["default"] == {"mock": "mock"}
    assert usable["providers"][0]["models"]["mock"]["providerID"] == "mock"


async def test_git_is_seen(running: Any, tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(tree)], check=True, timeout=60)  # noqa: ASYNC221
    (tree / "below").mkdir()
    query = {"directory": str(tree / "below")}
    assert (await running.client.get("/vcs", params=query)).json() == {"branch": "trunk"}
    project = (await running.client.get("/project/current", params=query)).json()
    assert (project["worktree"], project["vcs"]) == (str(tree), "git")
    assert (await running.client.get("/path", params=query)).json()["worktree"] == str(tree)


# Files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    (folder / "sub" / "deep").mkdir(parents=True)
    (folder / "node_modules").mkdir()
    (folder / "node_modules" / "needle.txt").write_text("needle")
    (folder / "a.txt").write_text("first\nthe needle here\n")
    (folder / "sub" / "b.py").write_text("x = 'needle'\n")
    (folder / "p.bin").write_bytes(b"\x00\xff")
    return folder


async def test_files_are_listed_and_read(running: Any, tree: Path) -> None:
    query = {"directory": str(tree)}
    nodes = (await running.client.get("/file", params={**query, "path": ""})).json()
    assert [(each["path"], each["type"]) for each in nodes][-1] == ("p.bin", "file")
    below = (await running.client.get("/file", params={**query, "path": "sub"})).json()
    assert [(each["name"], each["absolute"]) for each in below] == [
        ("deep", f"{tree}/sub/deep"),
        ("b.py", f"{tree}/sub/b.py"),
    ]
    text = (await running.client.get("/file/content", params={**query, "path": "a.txt"})).json()
    assert text == {"type": "text", "content": "first\nthe needle here\n"}
    binary = (await running.client.get("/file/content", params={**query, "path": "p.bin"})).json()
    assert (binary["type"], base64.b64decode(binary["content"])) == ("binary", b"\x00\xff")
    assert (await running.client.get("/file/content", params=query)).status_code == 400
    assert (await running.client.get("/file/content", params={**query, "path": "none"})).status_code == 400


async def test_files_are_found_by_name_and_by_what_is_in_them(running: Any, tree: Path) -> None:
    query = {"directory": str(tree)}
    named = await running.client.get("/find/file", params={**query, "query": "B", "dirs": "false"})
    assert named.json() == ["p.bin", "sub/b.py"]
    folders = await running.client.get("/find/file", params={**query, "query": "", "type": "directory"})
    assert folders.json() == ["sub/", "sub/deep/"]
    found = (await running.client.get("/find", params={**query, "pattern": "needle"})).json()
    assert [(each["path"]["text"], each["line_number"]) for each in found] == [("a.txt", 2), ("sub/b.py", 1)]
    assert found[0]["absolute_offset"] == 6
    assert found[0]["submatches"] == [{"match": {"text": "needle"}, "start": 4, "end": 10}]
    assert (await running.client.get("/find", params={**query, "pattern": "(a+)+$"})).json() == []


async def test_nothing_leads_out_of_the_file_root(serve: Any, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "secret.txt").write_text("secret needle")
    (tree / "link").symlink_to(tmp_path)
    (tree / "link.txt").symlink_to(tmp_path / "secret.txt")
    async with serve(fs_root=tree) as running:
        for path in (
            "/file/content?path=../secret.txt",
            "/file/content?path=link.txt",
            f"/file/content?path={tmp_path}/secret.txt",
            "/file?path=link",
            f"/file?path={tmp_path}",
            f"/file?path=.&directory={tmp_path}",
            f"/path?directory={tmp_path}",
            f"/find?pattern=secret&directory={tmp_path}",
            f"/find/file?query=secret&directory={tmp_path}",
        ):
            response = await running.client.get(path)
            assert response.status_code in {400, 403}, path
            assert response.json()["success"] is False
        assert (await running.client.get("/find?pattern=secret")).json() == []
        response = await running.client.post("/session", params={"directory": str(tmp_path)}, json={})
        assert response.status_code == 403
        await create(running.client)
        part = {"type": "file", "mime": "text/plain", "url": f"file://{tmp_path}/secret.txt"}
        response = await running.client.post("/session/ses_1/message", json={"parts": [part]})
        assert response.status_code == 403


# MCP


async def test_tool_servers_that_clients_add_are_for_sessions_to_come(running: Any) -> None:
    assert (await running.client.get("/mcp")).json() == {}
    local = {"type": "local", "command": ["server", "x"], "environment": {"K": "V"}, "enabled": True, "timeout": 5}
    added = await running.client.post("/mcp", json={"name": "one", "config": local})
    assert added.json() == {"one": {"status": "connected"}}
    await running.client.post("/mcp", json={"name": "two", "config": {"type": "remote", "url": "http://127.0.0.1:9/"}})
    assert (await running.client.post("/mcp/two/disconnect")).json() is True
    assert (await running.client.get("/mcp")).json()["two"] == {"status": "disabled"}
    assert (await running.client.post("/mcp/none/connect")).status_code == 404
    session = await create(running.client, model="mock/mock")
    mcp = running.sessions.get(session["id"]).options.mcp
    assert (mcp["one"].command, mcp["one"].env, mcp["one"].timeout_ms) == (("server", "x"), {"K": "V"}, 5)
    assert mcp["two"].enabled is False


async def test_configuration_is_remembered_and_shown_to_others(running: Any) -> None:
    changed = await running.client.patch("/config", json={"theme": "dark"})
    assert changed.json()["theme"] == "dark"
    assert (await running.client.get("/global/config")).json()["theme"] == "dark"


# Screens


async def test_terminals_are_remembered(running: Any) -> None:
    async with hearing(running.client) as heard:
        made = (await running.client.post("/pty", json={"command": "bash", "title": "Mine"})).json()
        assert (made["command"], made["title"], made["status"]) == ("bash", "Mine", "running")
        path = f"/pty/{made['id']}"
        assert (await running.client.put(path, json={"title": "Yours"})).json()["title"] == "Yours"
        assert [each["title"] for each in (await running.client.get("/pty")).json()] == ["Yours"]
        assert (await running.client.get(f"{path}/connect")).status_code == 400
        assert (await running.client.delete(path)).json() is True
        assert (await heard.first("pty.deleted")) == {"id": made["id"]}
    assert (await running.client.get(path)).status_code == 404


@pytest.mark.parametrize(
    ("path", "body", "type", "properties"),
    [
        ("append-prompt", {"text": "hi"}, "tui.prompt.append", {"text": "hi"}),
        ("open-help", None, "tui.command.execute", {"command": "help.show"}),
        ("submit-prompt", None, "tui.command.execute", {"command": "prompt.submit"}),
        ("execute-command", {"command": "session.new"}, "tui.command.execute", {"command": "session.new"}),
        ("show-toast", {"message": "m"}, "tui.toast.show", {"message": "m", "variant": "info"}),
        ("publish", {"type": "tui.prompt.append", "properties": {"text": "x"}}, "tui.prompt.append", {"text": "x"}),
        ("select-session", {"sessionID": "ses_1"}, "tui.session.select", {"sessionID": "ses_1"}),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
async def test_orders_reach_who_listens(running: Any, path: str, body: Any, type: str, properties: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        assert (await running.client.post(f"/tui/{path}", json=body)).json() is True
        assert await heard.first(type) == properties


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("open-nothing", None, 404),
        ("publish", {"type": "session.deleted", "properties": {}}, 400),
        ("select-session", {"sessionID": "ses_none"}, 404),
        ("append-prompt", [], 400),
    ],
)
async def test_orders_that_make_no_sense_are_refused(running: Any, path: str, body: Any, status: int) -> None:
    assert (await running.client.post(f"/tui/{path}", json=body)).status_code == status
