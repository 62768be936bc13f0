"""The API as a page to read, made of the OpenAPI document alone. Pure.

Everything is in the one answer, and the browser is told to run nothing that is not: no other host is ever asked.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox_agent.server.apidocs.markup import Markup, element, join
from sandbox_agent.server.apidocs.operations import navigation, operations
from sandbox_agent.server.apidocs.schemas import schema_sections

__all__ = ["DocsPage", "docs_page"]

_FOLDER = Path(__file__).parent

_INTRODUCTION = """\
Each request and response is JSON unless it says otherwise. Ids and names in a path are one percent-encoded segment
each, so they may hold any character.

A server that was started with a token wants it with every request but those marked public: `authorization: Bearer
TOKEN`. In the examples `$BASE` is where the server listens.

Errors are problem details (RFC 9457): `type` ends with a code that stays the same, `detail` says it in a sentence,
`hint` what to do about it.

Event streams are server-sent events whose `id` is the sequence. To go on after a break, give the last one as `offset`
or `Last-Event-ID`; nothing is lost or repeated.
"""


@dataclass(frozen=True, slots=True)
class DocsPage:
    """The page, and what a browser may do with it."""

    html: bytes
    policy: bytes
    """Value of the content-security-policy header."""


def docs_page(document: Mapping[str, Any]) -> DocsPage:
    """Render the whole document."""
    style = (_FOLDER / "style.css").read_text()
    script = (_FOLDER / "script.js").read_text()
    info = document["info"]
    introduction = [element("p", Markup.of_text(text)) for text in _INTRODUCTION.split("\n\n")]
    head = [
        element("meta", charset="utf-8"),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("title", f"{info['title']} API"),
        element("style", Markup(style)),
    ]
    main = [
        element("header", element("h1", f"{info['title']} API"), element("p", info["summary"], class_="lead")),
        element("section", *introduction, class_="introduction"),
        operations(document),
        schema_sections(document),
    ]
    body = [
        element("a", "Skip to content", href="#content", class_="skip"),
        element("div", navigation(document), element("main", *main, id="content"), class_="page"),
        element("script", Markup(script)),
    ]
    whole = element("html", element("head", *head), element("body", *body), lang="en")
    html = f"<!doctype html>\n{join([whole])}\n"
    return DocsPage(html.encode(), _policy(style, script))


def _policy(style: str, script: str) -> bytes:
    """Nothing but this style and this script, by what is in them."""
    rules = (
        "default-src 'none'",
        f"style-src '{_hash(style)}'",
        f"script-src '{_hash(script)}'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
    return "; ".join(rules).encode()


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
