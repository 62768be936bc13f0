"""What is not the API: the root text, the 404 text, and the web page where one was built in."""

from __future__ import annotations

import asyncio
from pathlib import Path
from urllib.parse import unquote

from sandbox_agent._version import __version__
from sandbox_agent.server.asgi import Reply, text_reply

__all__ = ["UI_FOLDER", "page"]

UI_FOLDER = Path(__file__).with_name("ui")

_INFO = f"""Sandbox Agent {__version__}: one API for coding agents.

GET /                  this text
GET /v1/health         whether the server is up
GET /v1/openapi.json   the API, every route of it
GET /ui/               the web page
"""
_NOT_BUILT = """404 Not Found

The web page is not part of this build.
"""
_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".woff2": "font/woff2",
    ".txt": "text/plain; charset=utf-8",
}


async def page(path: str, folder: Path = UI_FOLDER) -> Reply:
    """The answer to a path outside the API."""
    if path == "/":
        return text_reply(_INFO)
    if path == "/ui" or path.startswith("/ui/"):
        return await asyncio.to_thread(_asset, unquote(path.removeprefix("/ui").lstrip("/")), folder)
    return text_reply("404 Not Found\n\n" + _INFO, 404)


def _asset(name: str, folder: Path) -> Reply:
    """A file of the page; a path without a dot is a place inside it, so it gets the page."""
    if not (folder / "index.html").is_file():
        return text_reply(_NOT_BUILT, 404)
    root = folder.resolve()
    file = (root / name).resolve() if "\0" not in name else root
    if not (file.is_relative_to(root) and file.is_file()):
        if "." in name:
            return Reply(404)
        file = root / "index.html"
    content_type = _TYPES.get(file.suffix, "application/octet-stream")
    return Reply(200, file.read_bytes(), ((b"content-type", content_type.encode()),))
