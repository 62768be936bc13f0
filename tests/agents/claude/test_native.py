from __future__ import annotations

import msgspec
import pytest

from sandbox_agent.agents.claude.native import Assistant, StreamEvent, System, decode


def test_known_lines_become_messages_whatever_else_they_carry() -> None:
    line = b'{"uuid":"u","new_key":{"a":1},"type":"stream_event","event":{"type":"content_block_delta","index":2,'
    line += b'"delta":{"type":"text_delta","text":"hi"}},"parent_tool_use_id":null}'
    message = decode(line)
    assert isinstance(message, StreamEvent)
    assert (message.event.index, message.event.delta and message.event.delta.text) == (2, "hi")
    assert isinstance(decode(b'{"type":"system","subtype":"brand_new","status":null}'), System)
    assert isinstance(decode(b'{"type":"assistant","message":{"content":[]}}'), Assistant)


@pytest.mark.parametrize("line", [b'{"type":"news"}', b'{"type":"result","is_error":"maybe"}', b"{}", b'{"type":[]}'])
def test_what_nobody_knows_stays_a_dict(line: bytes) -> None:
    assert decode(line) == msgspec.json.decode(line)


@pytest.mark.parametrize("line", [b"npm warn", b"5", b'"text"', b"[]", b"null", b'{"type":', b"\xff"])
def test_noise_is_no_message(line: bytes) -> None:
    with pytest.raises((msgspec.DecodeError, UnicodeDecodeError)):
        decode(line)
