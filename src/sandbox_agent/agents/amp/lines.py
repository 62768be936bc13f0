"""What we write to the CLI, one JSON line for each message of the user."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

from sandbox_agent.adapter import Write
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import AttachedFile, SendMessage

__all__ = ["echo", "expected", "prompt"]

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def prompt(message: SendMessage) -> Write:
    """A message with its attachments; the CLI passes on pictures, everything else goes as text."""
    line = {"type": "user", "message": {"role": "user", "content": _content(message)}}
    return Write(data=encode(line) + b"\n")


def echo(texts: Iterable[str]) -> str:
    """What is compared to tell a message that comes back: its words, however they are spaced."""
    return " ".join(word for text in texts for word in text.split())


def expected(message: SendMessage) -> str:
    """The echo of a message."""
    return echo(block["text"] for block in _content(message) if block["type"] == "text")


def _content(message: SendMessage) -> list[dict[str, Any]]:
    return [{"type": "text", "text": message.text}, *(_attachment(file) for file in message.files)]


def _attachment(file: AttachedFile) -> dict[str, Any]:
    mime = file.mime.partition(";")[0].strip().lower()
    if mime in _IMAGES:
        data = base64.b64encode(file.data).decode()
        return {"type": "image", "source": {"type": "base64", "media_type": mime, "data": data}}
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        return {"type": "text", "text": f"Attached file: {file.path} ({file.mime}, {len(file.data)} bytes)"}
    return {"type": "text", "text": f"Attached file {file.path}:\n{text}"}
