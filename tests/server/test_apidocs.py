"""The page to read: complete, self-contained, and nothing in it can break out of its text."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any

import pytest

from sandbox_agent.server.apidocs import docs_page
from sandbox_agent.server.apidocs.markup import Markup, element
from sandbox_agent.server.apidocs.schemas import type_of
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document

DOCUMENT = document(ENDPOINTS)
PAGE = docs_page(DOCUMENT)
VOID = {"meta", "input", "wbr"}


class Reader(HTMLParser):
    """Notes what matters, and that every element is closed where it should be."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def attributes(self, name: str) -> Iterator[str]:
        yield from (value for _, attributes in self.elements if (value := attributes.get(name)) is not None)


@pytest.fixture(scope="module")
def reader() -> Reader:
    reader = Reader()
    reader.feed(PAGE.html.decode())
    reader.close()
    assert reader.open == []
    return reader


def test_every_operation_and_every_type_is_there_once(reader: Reader) -> None:
    ids = list(reader.attributes("id"))
    assert len(ids) == len(set(ids))
    assert {endpoint.name for endpoint in ENDPOINTS} <= set(ids)
    assert {f"type-{name}" for name in DOCUMENT["components"]["schemas"]} <= set(ids)


def test_every_link_leads_to_a_part_of_the_page_or_the_document(reader: Reader) -> None:
    ids = set(reader.attributes("id"))
    links = set(reader.attributes("href"))
    assert {link for link in links if not link.startswith("#")} == {"openapi.json"}
    assert {link[1:] for link in links if link.startswith("#")} <= ids


def test_nothing_is_fetched_and_nothing_runs_that_the_policy_does_not_name(reader: Reader) -> None:
    assert list(reader.attributes("src")) == []
    assert not any(name.startswith("on") or name == "style" for _, found in reader.elements for name in found)
    policy = PAGE.policy.decode()
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", PAGE.html.decode(), re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy


def test_an_example_is_a_command_that_a_shell_takes() -> None:
    text = PAGE.html.decode()
    assert "curl -X POST &quot;$BASE/v1/sessions/demo&quot;" in text
    assert "-d &#x27;{&quot;agent&quot;: &quot;mock&quot;}&#x27;" in text
    assert "curl -N &quot;$BASE/v1/sessions/demo/events/sse&quot;" in text
    assert "curl -X PUT &quot;$BASE/v1/fs/file?path=notes.md&quot; -T notes.md" in text


def test_text_is_escaped_wherever_it_stands() -> None:
    evil = "<script>'\"&"
    assert element("p", evil, title=evil) == (
        '<p title="&lt;script&gt;&#x27;&quot;&amp;">&lt;script&gt;&#x27;&quot;&amp;</p>'
    )
    assert Markup.of_text("a `<b>` c") == "a <code>&lt;b&gt;</code> c"
    hostile = {**DOCUMENT, "info": {**DOCUMENT["info"], "title": evil, "summary": evil}}
    assert b"<script>'" not in docs_page(hostile).html


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "string"}, "string"),
        ({"const": "local"}, "<code>&quot;local&quot;</code>"),
        ({"enum": ["a", 2]}, "<code>&quot;a&quot;</code> or <code>2</code>"),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, "integer or null"),
        ({"type": "array", "items": {"$ref": "#/components/schemas/Item"}}, 'list of <a href="#type-Item">Item</a>'),
        ({"type": "object", "additionalProperties": {"type": "string"}}, "map to string"),
        ({"type": "object"}, "object"),
        ({}, "any JSON"),
    ],
)
def test_a_type_is_said_in_a_few_words(schema: dict[str, Any], text: str) -> None:
    assert type_of(schema) == text


@pytest.mark.anyio
async def test_it_is_served_to_everybody_with_its_policy(serve: Any) -> None:
    async with serve(token="secret") as running:
        response = await running.client.get("/v1/docs")
        assert response.status_code == 200
        assert response.content == PAGE.html
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        assert response.headers["content-security-policy"] == PAGE.policy.decode()
        assert response.headers["x-content-type-options"] == "nosniff"
