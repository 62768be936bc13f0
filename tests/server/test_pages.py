from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.server.asgi import Reply
from sandbox_agent.server.pages import page

pytestmark = pytest.mark.anyio


@pytest.fixture
def built(tmp_path: Path) -> Path:
    folder = tmp_path / "ui"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text("<html>")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "assets" / "index-B4x_9aQz.js").write_text("1")
    (folder / "assets" / "plain.css").write_text("2")
    (tmp_path / "secret.txt").write_text("secret")
    (folder / "out.txt").symlink_to(tmp_path / "secret.txt")
    return folder


async def ui(folder: Path, path: str) -> Reply:
    return await page(path, b"", folder)


def header(reply: Reply, name: bytes) -> bytes:
    return dict(reply.headers)[name]


async def test_the_root_says_what_this_is() -> None:
    reply = await page("/")
    assert reply.status == 200
    for route in [b"GET /v1/health", b"GET /ui/", b"/v1/openapi.json", b"/v1/docs"]:
        assert route in reply.body


async def test_other_paths_are_404_in_plain_text() -> None:
    reply = await page("/what")
    assert reply.status == 404
    assert reply.body.startswith(b"404 Not Found\n\nSandbox Agent")
    assert header(reply, b"content-type") == b"text/plain; charset=utf-8"


async def test_without_a_built_page_the_ui_says_how_to_build_it(tmp_path: Path) -> None:
    for path in ["/ui/", "/ui/index.html"]:
        reply = await ui(tmp_path, path)
        assert reply.status == 404
        assert b"make serve" in reply.body


async def test_the_bare_name_leads_to_the_page_relatively_and_keeps_the_query() -> None:
    reply = await page("/ui")
    assert (reply.status, header(reply, b"location")) == (307, b"ui/")
    assert header(await page("/ui", b"url=x&token=t"), b"location") == b"ui/?url=x&token=t"


@pytest.mark.parametrize("path", ["/ui/", "/ui/index.html", "/ui/sessions/one", "/ui/sessions/v1.2", "/ui/assets"])
async def test_places_inside_the_page_give_the_page_and_are_asked_for_anew(built: Path, path: str) -> None:
    reply = await ui(built, path)
    assert (reply.status, reply.body) == (200, b"<html>")
    assert header(reply, b"cache-control") == b"no-cache"
    assert header(reply, b"content-type") == b"text/html; charset=utf-8"


@pytest.mark.parametrize(
    ("path", "icon"),
    [
        ("/ui/", b"./icon.svg"),
        ("/ui/compare", b"./icon.svg"),
        ("/ui/sessions/one", b"../icon.svg"),
        ("/ui/sessions/one%2Ftwo", b"../icon.svg"),
        ("/ui/sessions/one/", b"../../icon.svg"),
    ],
)
async def test_addresses_in_the_page_lead_up_to_it_whatever_is_before_its_path(
    built: Path, path: str, icon: bytes
) -> None:
    (built / "index.html").write_text('<link rel="icon" href="./icon.svg">')
    assert (await ui(built, path)).body == b'<link rel="icon" href="' + icon + b'">'


async def test_a_file_that_is_named_after_its_content_is_kept_for_ever(built: Path) -> None:
    reply = await ui(built, "/ui/assets/index-B4x_9aQz.js")
    assert header(reply, b"content-type") == b"text/javascript; charset=utf-8"
    assert header(reply, b"cache-control") == b"public, max-age=31536000, immutable"
    for name in ["assets/plain.css", "favicon.svg"]:
        assert header(await ui(built, f"/ui/{name}"), b"cache-control") == b"no-cache"


async def test_a_browser_is_told_to_run_nothing_else(built: Path) -> None:
    for path in ["/ui/", "/ui/assets/index-B4x_9aQz.js"]:
        reply = await ui(built, path)
        policy = header(reply, b"content-security-policy").decode()
        assert "default-src 'none'" in policy
        assert "script-src 'self';" in policy
        assert "unsafe" not in policy
        assert header(reply, b"x-content-type-options") == b"nosniff"
        assert header(reply, b"referrer-policy") == b"no-referrer"


@pytest.mark.parametrize(
    "path",
    [
        "/ui/none.js",
        "/ui/../secret.txt",
        "/ui/%2e%2e/secret.txt",
        "/ui/..%2fsecret.txt",
        "/ui//etc/pass.wd",
        "/ui/out.txt",
        "/ui/a.b" + "x" * 5000,
    ],
)
async def test_what_is_not_a_file_of_the_page_is_404(built: Path, path: str) -> None:
    reply = await ui(built, path)
    assert (reply.status, reply.body) == (404, b"")


async def test_an_odd_name_is_no_file(built: Path) -> None:
    for name in ["%00", "%ff%fe", "x" * 5000]:
        assert (await ui(built, f"/ui/{name}")).body == b"<html>"


async def test_a_real_request_for_the_bare_name_is_led_there(running: Any) -> None:
    response = await running.client.get("/ui?token=t")
    assert response.status_code == 307
    assert response.next_request is not None
    assert response.next_request.url.raw_path == b"/ui/?token=t"
