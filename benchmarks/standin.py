"""A stand-in agent: says what its prompt asks for, as fast or as evenly as it asks, and does nothing else.

Speaks two dialects, so that both daemons hear the same text in lines of the same length: Claude Code's stream-json
(`standin.py claude`) and ACP's JSON-RPC (`standin.py acp`). Prompts: `flood N` says N pieces at once, `pace N RATE`
says N pieces at RATE a second, each with the moment it was said, `say` says one piece.

Started by daemons under test: standard library only, and as little of it as can be.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

LINE_BYTES = 460
TEXT_BYTES = 120
BLOCK = 1000
"""Pieces in one content block: Claude Code repeats a block's text in one line at the block's end."""
SESSION = "00000000-0000-4000-8000-000000000000"
_FILL = "the quick brown fox jumps over the lazy dog " * 4


def piece(index: int, moment: int = 0) -> str:
    """The text of a piece: its number, and the moment (monotonic nanoseconds) it is said."""
    head = f"~{index:08d}~{moment:020d}~"
    return head + _FILL[: TEXT_BYTES - len(head)]


class Claude:
    """Claude Code with partial messages."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._message_id = ""
        self._index = 0

    def hear(self, message: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """The prompt in a message, and what to answer before it is followed."""
        if message["type"] == "control_request":
            reply = {"subtype": "success", "request_id": message["request_id"], "response": {"models": []}}
            return "", [{"type": "control_response", "response": reply}]
        if message["type"] != "user":
            return "", []
        content = message["message"]["content"]
        prompt = content if isinstance(content, str) else content[-1]["text"]
        init = {"type": "system", "subtype": "init", "session_id": SESSION, "model": "none", "tools": []}
        self._message_id = f"msg_{time.monotonic_ns()}"
        self._index = 0
        start = {"type": "message_start", "message": {"id": self._message_id, "role": "assistant"}}
        return prompt, [init, self._event(start)]

    def remember(self, text: str) -> None:
        """A piece that the block's end has to repeat."""
        self._said.append(text)

    def forget(self) -> None:
        """Nothing was said yet."""
        self._said.clear()

    def begin(self) -> list[dict[str, Any]]:
        """A block begins."""
        self.forget()
        block = {"type": "content_block_start", "index": self._index, "content_block": {"type": "text", "text": ""}}
        return [self._event(block)]

    def line(self, text: str) -> dict[str, Any]:
        """A piece is said."""
        self.remember(text)
        delta = {"type": "text_delta", "text": text}
        return self._event({"type": "content_block_delta", "index": self._index, "delta": delta})

    def end(self) -> list[dict[str, Any]]:
        """A block ends."""
        content = [{"type": "text", "text": "".join(self._said)}]
        message = {"id": self._message_id, "type": "message", "role": "assistant", "content": content}
        stop = self._event({"type": "content_block_stop", "index": self._index})
        self._index += 1
        return [{"type": "assistant", "message": message, "parent_tool_use_id": None, "session_id": SESSION}, stop]

    def finish(self) -> list[dict[str, Any]]:
        """The turn ends."""
        result = {"type": "result", "subtype": "success", "is_error": False, "result": "", "session_id": SESSION}
        return [self._event({"type": "message_stop"}), {**result, "usage": {}, "num_turns": 1}]

    def _event(self, event: dict[str, Any]) -> dict[str, Any]:
        return {
            "type": "stream_event",
            "event": event,
            "session_id": SESSION,
            "parent_tool_use_id": None,
            "uuid": SESSION,
        }


class Acp:
    """An agent of the Agent Client Protocol."""

    def __init__(self) -> None:
        self._prompt_id: Any = None

    def hear(self, message: dict[str, Any]) -> tuple[str, list[dict[str, Any]]]:
        """See `Claude`."""
        match message.get("method"):
            case "initialize":
                return "", [self._reply(message["id"], {"protocolVersion": 1, "agentCapabilities": {}})]
            case "session/new":
                return "", [self._reply(message["id"], {"sessionId": SESSION})]
            case "session/prompt":
                self._prompt_id = message["id"]
                return message["params"]["prompt"][0]["text"], []
            case _:
                return "", []

    def remember(self, text: str) -> None:
        """Nothing repeats it."""

    def forget(self) -> None:
        """See `Claude`."""

    def begin(self) -> list[dict[str, Any]]:
        """See `Claude`."""
        return []

    def line(self, text: str) -> dict[str, Any]:
        """See `Claude`."""
        update = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": text}}
        return {"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": SESSION, "update": update}}

    def end(self) -> list[dict[str, Any]]:
        """See `Claude`."""
        return []

    def finish(self) -> list[dict[str, Any]]:
        """See `Claude`."""
        return [self._reply(self._prompt_id, {"stopReason": "end_turn"})]

    def _reply(self, request_id: Any, result: dict[str, Any]) -> dict[str, Any]:
        return {"jsonrpc": "2.0", "id": request_id, "result": result}


Dialect = Claude | Acp


def encode(messages: list[dict[str, Any]]) -> bytes:
    """Messages as lines."""
    return b"".join(json.dumps(message, separators=(",", ":")).encode() + b"\n" for message in messages)


def padded(line: dict[str, Any]) -> bytes:
    """A line of exactly `LINE_BYTES`: what a real agent tells beside the text is a field that nobody reads."""
    short = len(json.dumps(line, separators=(",", ":"))) + len(',"_meta":""') + 1
    return encode([{**line, "_meta": "x" * max(0, LINE_BYTES - short)}])


def write(data: bytes) -> None:
    """Write all of it to the daemon."""
    left = memoryview(data)
    while left:
        left = left[os.write(1, left) :]


def say(dialect: Dialect, prompt: str) -> None:
    """Do what the prompt asks for."""
    match prompt.split():
        case ["flood", count]:
            flood(dialect, int(count))
        case ["pace", count, rate]:
            pace(dialect, int(count), float(rate))
        case _:
            write(encode(dialect.begin()) + padded(dialect.line(piece(0))) + encode(dialect.end()))
    write(encode(dialect.finish()))


def flood(dialect: Dialect, count: int) -> None:
    """Everything is made before the first byte goes out: the agent must not be what is measured."""
    blocks: list[bytes] = []
    blank = piece(0)
    for first in range(0, count, BLOCK):
        before, after = padded(dialect.line(blank)).split(blank.encode())
        opening = encode(dialect.begin())
        texts = [piece(index) for index in range(first, min(first + BLOCK, count))]
        for text in texts:
            dialect.remember(text)
        lines = b"".join(before + text.encode() + after for text in texts)
        blocks.append(opening + lines + encode(dialect.end()))
    rest = b"".join(blocks[1:])
    now = time.monotonic_ns()
    write(blocks[0].replace(blank.encode(), piece(0, now).encode(), 2) + rest[: 1 << 16])  # in line and block's end
    write(rest[1 << 16 :])


def pace(dialect: Dialect, count: int, rate: float) -> None:
    """Each piece at its time, with the moment it is said."""
    write(encode(dialect.begin()))
    blank = piece(0)
    template = padded(dialect.line(blank))
    dialect.forget()
    began = time.monotonic()
    for index in range(count):
        pause = began + index / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        text = piece(index, time.monotonic_ns())
        write(template.replace(blank.encode(), text.encode(), 1))
        dialect.remember(text)
    write(encode(dialect.end()))


def lines() -> Iterator[bytes]:
    """What the daemon writes."""
    rest = b""
    while chunk := os.read(0, 1 << 16):
        *complete, rest = (rest + chunk).split(b"\n")
        yield from complete


def main() -> None:
    """Answer until the daemon hangs up."""
    dialect: Dialect = Acp() if sys.argv[1] == "acp" else Claude()
    for line in lines():
        if line.strip():
            prompt, answers = dialect.hear(json.loads(line))
            write(encode(answers))
            if prompt:
                say(dialect, prompt)


if __name__ == "__main__":
    main()
