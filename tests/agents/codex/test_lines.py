from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.agents.codex.lines import user_input
from sandbox_agent.schema.commands import AttachedFile, SendMessage


def given(mime: str, data: bytes) -> dict[str, Any]:
    file = AttachedFile(path="/w/file", mime=mime, filename="file", data=data)
    attachment, text = user_input(SendMessage(message_id="m", text="look", files=(file,)))
    assert text == {"type": "text", "text": "look", "text_elements": []}
    return attachment


def test_a_picture_is_a_picture() -> None:
    assert given("image/png; x=1", b"\0") == {"type": "image", "url": "data:image/png;base64,AA=="}


@pytest.mark.parametrize("mime", ["text/plain", "application/json", "image/svg+xml"])
def test_a_text_is_given_in_full(mime: str) -> None:
    assert given(mime, b"hello")["text"] == '<attached-file path="/w/file">\nhello\n</attached-file>'


def test_of_anything_else_the_path_is_told() -> None:
    assert given("application/zip", b"\xff\xfe")["text"] == "Attached file: /w/file (application/zip, 2 bytes)"
