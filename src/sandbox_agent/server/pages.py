"""What is not the API: the root text, the 404 text, and the web page where one was built in."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from urllib.parse import unquote

from sandbox_agent._version import __version__
from sandbox_agent.server.asgi import Header, Reply, text_reply

__all__ = ["PAGE_HEADERS", "UI_FOLDER", "is_page", "page"]

UI_FOLDER = Path(__file__).with_name("ui")

_INFO = f"""Sandbox Agent {__version__}: one API for coding agents.

GET /                  this text
GET /v1/health         whether the server is up
GET /v1/docs           the API, to read
GET /v1/openapi.json   the API, for programs
GET /ui/               the web page
/opencode/...          the API of an OpenCode server, for its clients
"""
_NOT_BUILT = """404 Not Found

The web page is not part of this build. In a checkout, with Node.js 20 or newer, `make serve` builds it.
The API does without: see GET /v1/docs.
"""
PAGE_HEADERS: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),  # the address may hold a token
    (b"cross-origin-opener-policy", b"same-origin"),
)
"""Of everything that a browser shows."""
_POLICY: Header = (
    b"content-security-policy",
    (
        b"default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' data: blob:; "
        b"connect-src 'self' http: https:; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        b"form-action 'none'; frame-ancestors 'none'"
    ),
)
"""Everything the page needs comes with it; it may talk to any daemon."""
_HASHED = re.compile(r"assets/.*[-.][A-Za-z0-9_-]{8,}\.\w+")
"""What the bundler names after its content never changes."""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".webmanifest": "application/manifest+json",
    ".wasm": "application/wasm",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


def is_page(path: str) -> bool:
    """Whether the path is one of ours: the root text, or the web page and what is below it."""
    return path in {"/", "/ui"} or path.startswith("/ui/")


async def page(path: str, query: bytes = b"", folder: Path = UI_FOLDER) -> Reply:
    """The answer to a path outside the API. `query`: as it came, without the `?`."""
    if path == "/":
        return text_reply(_INFO)
    if path == "/ui":
        # Relative, so that it works below the path of a proxy too.
        return Reply(307, b"", ((b"location", b"ui/" + (b"?" + query if query else b"")),))
    if path.startswith("/ui/"):
        return await asyncio.to_thread(_asset, path.removeprefix("/ui/"), folder)
    return text_reply("404 Not Found\n\n" + _INFO, 404)


def _asset(path: str, folder: Path) -> Reply:
    """A file of the page; a session, or a path without a dot, is a place inside it, so it gets the page."""
    name = unquote(path.lstrip("/"))
    if not (folder / "index.html").is_file():
        return text_reply(_NOT_BUILT, 404)
    root = folder.resolve()
    file = _resolved(root, name)
    if file is None:
        if "." in name and not name.startswith("sessions/"):
            return Reply(404)
        file = root / "index.html"
    content_type = _TYPES.get(file.suffix, "application/octet-stream")
    lasting = _HASHED.fullmatch(file.relative_to(root).as_posix()) is not None
    caching = b"public, max-age=31536000, immutable" if lasting else b"no-cache"
    headers: list[Header] = [(b"content-type", content_type.encode()), (b"cache-control", caching), *PAGE_HEADERS]
    body = file.read_bytes()
    if file.name == "index.html":
        # Its addresses are relative, so that they lead on below the path of a proxy, from a place inside the page too.
        body = body.replace(b'="./', b'="' + (b"../" * path.count("/") or b"./"))
    return Reply(200, body, (*headers, _POLICY))


def _resolved(root: Path, name: str) -> Path | None:
    """A file below `root`, or None when the name leads elsewhere or nowhere."""
    try:
        file = (root / name).resolve()
        return file if file.is_relative_to(root) and file.is_file() else None
    except (OSError, ValueError):  # a NUL, or longer than a name can be
        return None
