from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.server.pages import page

pytestmark = pytest.mark.anyio


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>")
    (folder / "assets" / "app.js").write_text("1")
    (tmp_path / "secret.txt").write_text("secret")
    return folder


async def test_the_root_says_what_this_is() -> None:
    reply = await page("/")
    assert reply.status == 200
    for route in [b"GET /v1/health", b"GET /ui/", b"/v1/openapi.json"]:
        assert route in reply.body


async def test_other_paths_are_404_in_plain_text() -> None:
    reply = await page("/what")
    assert reply.status == 404
    assert reply.body.startswith(b"404 Not Found\n\nSandbox Agent")
    assert dict(reply.headers)[b"content-type"] == b"text/plain; charset=utf-8"


async def test_without_a_built_page_the_ui_is_404(tmp_path: Path) -> None:
    for path in ["/ui", "/ui/", "/ui/index.html"]:
        assert (await page(path, tmp_path)).status == 404


@pytest.mark.parametrize("path", ["/ui", "/ui/", "/ui/index.html", "/ui/sessions/one", "/ui/assets"])
async def test_places_inside_the_page_give_the_page(built: Path, path: str) -> None:
    reply = await page(path, built)
    assert (reply.status, reply.body) == (200, b"<html>")


async def test_a_file_has_its_type(built: Path) -> None:
    reply = await page("/ui/assets/app.js", built)
    assert dict(reply.headers)[b"content-type"] == b"text/javascript; charset=utf-8"
    assert reply.body == b"1"


@pytest.mark.parametrize("path", ["/ui/none.js", "/ui/../secret.txt", "/ui/%2e%2e/secret.txt", "/ui//etc/pass.wd"])
async def test_what_is_not_a_file_of_the_page_is_404(built: Path, path: str) -> None:
    assert (await page(path, built)).status == 404


async def test_an_odd_name_is_no_file(built: Path) -> None:
    assert (await page("/ui/%00", built)).body == b"<html>"
