from __future__ import annotations

import uuid
from typing import Any

import msgspec

from sandbox_agent.adapter import Write
from sandbox_agent.agents.claude import lines
from sandbox_agent.schema.commands import AttachedFile, SendMessage


def read(write: Write) -> dict[str, Any]:
    assert write.data.endswith(b"\n")
    assert write.data.count(b"\n") == 1
    value: dict[str, Any] = msgspec.json.decode(write.data)
    return value


def test_a_message_is_one_line_of_plain_text() -> None:
    line = read(lines.prompt(SendMessage(message_id="m", text="a\nb")))
    assert line == {"type": "user", "message": {"role": "user", "content": "a\nb"}, "parent_tool_use_id": None}


def test_files_come_before_the_text_as_what_they_are() -> None:
    files = (
        AttachedFile(path="/a.png", mime="image/png", filename="a.png", data=b"png"),
        AttachedFile(path="/b.pdf", mime="application/pdf", filename="b.pdf", data=b"pdf"),
        AttachedFile(path="/c.md", mime="text/markdown; charset=utf-8", filename="c.md", data="ü".encode()),
        AttachedFile(path="/d.bin", mime="application/octet-stream", filename="d.bin", data=b"\xff\x00"),
    )
    content = read(lines.prompt(SendMessage(message_id="m", text="look", files=files)))["message"]["content"]
    assert [block["type"] for block in content] == ["image", "document", "document", "text", "text"]
    assert content[0]["source"] == {"type": "base64", "media_type": "image/png", "data": "cG5n"}
    assert content[2]["source"] == {"type": "text", "media_type": "text/plain", "data": "ü"}
    assert content[3]["text"] == "Attached file: /d.bin (application/octet-stream, 2 bytes)"
    assert content[4] == {"type": "text", "text": "look"}


def test_a_steering_message_has_a_name_that_never_comes_twice() -> None:
    name = lines.steer_uuid("msg_1", "salt")
    assert uuid.UUID(name).version == 4
    assert name == lines.steer_uuid("msg_1", "salt")
    assert len({name, lines.steer_uuid("msg_2", "salt"), lines.steer_uuid("msg_1", "pepper")}) == 3


def test_an_allowance_always_has_the_input() -> None:
    answer = read(lines.allow("r", {"command": "ls"}))["response"]
    assert answer["response"] == {"behavior": "allow", "updatedInput": {"command": "ls"}}
    assert (answer["subtype"], answer["request_id"]) == ("success", "r")


def test_what_we_cannot_serve_is_refused() -> None:
    assert read(lines.refuse("r", "no"))["response"] == {"subtype": "error", "request_id": "r", "error": "no"}
