"""The page of the HTTP API says all that the document says, and its links lead somewhere."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document_json
from sandbox_agent.server.reference_http import http_page

DOCUMENT: dict[str, Any] = json.loads(document_json(ENDPOINTS))
PAGE = http_page(DOCUMENT)
REFERENCE = Path(__file__).parents[2] / "docs" / "reference"


def anchors(page: str) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_operation_has_a_section() -> None:
    wanted = [f"{method.upper()} {path}" for path, methods in DOCUMENT["paths"].items() for method in methods]
    assert sorted(wanted) == sorted(re.findall(r"^### ([A-Z]+ /.*)$", PAGE, re.MULTILINE))


def test_every_type_that_is_named_has_a_section() -> None:
    events = anchors((REFERENCE / "events.md").read_text())
    for page, name in re.findall(r"\]\(([\w.]*)#([^)]+)\)", PAGE):
        assert name in (events if page == "events.md" else anchors(PAGE)), name


def test_a_section_says_what_to_send_and_what_comes_back() -> None:
    section = PAGE.partition("### POST /v1/sessions/{session_id}/messages\n")[2].partition("\n### ")[0]
    assert "Body: [MessageRequest](#messagerequest)." in section
    assert "| 409 | [Problem](#problem) | Conflict: session_busy |" in section


def test_a_stream_says_of_what() -> None:
    section = PAGE.partition("### GET /v1/sessions/{session_id}/events/sse\n")[2].partition("\n### ")[0]
    assert "[Event](events.md#envelope) `text/event-stream`" in section
