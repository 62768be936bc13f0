"""Section 8 of the agents' contract: what becomes of the files of a message.

On purpose other than the 0.1.x server: it gave all agents but OpenCode only the paths, appended to the prompt. The
mock agent still does (`test_mock_agent.py`); the others take pictures and texts as such. That both arrive at the model
is shown with the real CLIs in `tests/live/every/test_tools.py`.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.agents.amp import lines as amp
from sandbox_agent.agents.claude import lines as claude
from sandbox_agent.agents.codex import lines as codex
from sandbox_agent.agents.opencode.calls import Calls
from sandbox_agent.schema.commands import AttachedFile, SendMessage

BINARY = b"\xff\xfe\x00\x01"
ENCODED = base64.b64encode(BINARY).decode()
NOTE = base64.b64encode(b"milk").decode()


def said_by_opencode(message: SendMessage) -> Any:
    return json.loads(Calls(SessionOptions(session_id="s")).prompt("native", message).data)


SAID: dict[str, Callable[[SendMessage], Any]] = {
    "claude": lambda message: json.loads(claude.prompt(message).data),
    "codex": codex.user_input,
    "opencode": said_by_opencode,
    "amp": lambda message: json.loads(amp.prompt(message).data),
}
KINDS = {
    "picture": ("image/png", BINARY),
    "document": ("application/pdf", BINARY),
    "text": ("text/plain", b"milk"),
    "other": ("application/octet-stream", BINARY),
}
NAMED = {"type": "text", "text": "Attached file: /w/a (application/octet-stream, 4 bytes)"}
NAMED_PDF = {"type": "text", "text": "Attached file: /w/a (application/pdf, 4 bytes)"}
PICTURE = {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": ENCODED}}
PDF = {"type": "base64", "media_type": "application/pdf", "data": ENCODED}
TEXT = {"type": "text", "media_type": "text/plain", "data": "milk"}
MORE: dict[str, Any] = {"text_elements": []}


def file_part(mime: str, data: str) -> dict[str, Any]:
    return {"type": "file", "mime": mime, "filename": "a", "url": f"data:{mime};base64,{data}"}


ROWS: dict[tuple[str, str], dict[str, Any]] = {
    ("claude", "picture"): PICTURE,
    ("claude", "document"): {"type": "document", "source": PDF, "title": "a"},
    ("claude", "text"): {"type": "document", "source": TEXT, "title": "a"},
    ("claude", "other"): NAMED,
    ("codex", "picture"): {"type": "image", "url": f"data:image/png;base64,{ENCODED}"},
    ("codex", "document"): NAMED_PDF | MORE,
    ("codex", "text"): {"type": "text", "text": '<attached-file path="/w/a">\nmilk\n</attached-file>'} | MORE,
    ("codex", "other"): NAMED | MORE,
    ("opencode", "picture"): file_part("image/png", ENCODED),
    ("opencode", "document"): file_part("application/pdf", ENCODED),
    ("opencode", "text"): file_part("text/plain", NOTE),
    ("opencode", "other"): {
        "type": "text",
        "text": "[Attached file, not text: /w/a (application/octet-stream, 4 bytes)]",
    },
    ("amp", "picture"): PICTURE,
    ("amp", "document"): NAMED_PDF,
    ("amp", "text"): {"type": "text", "text": "Attached file /w/a:\nmilk"},
    ("amp", "other"): NAMED,
}


def compact(value: object) -> str:
    return json.dumps(value, sort_keys=True)


@pytest.mark.parametrize(("agent", "kind"), ROWS, ids=[" ".join(row) for row in ROWS])
def test_row(agent: str, kind: str) -> None:
    mime, data = KINDS[kind]
    file = AttachedFile(path="/w/a", mime=mime, filename="a", data=data)
    said = compact(SAID[agent](SendMessage(message_id="m", text="look", files=(file,))))
    assert compact(ROWS[agent, kind]) in said
    assert '"text": "look"' in said
