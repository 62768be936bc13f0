"""What we write to the CLI, one JSON line for each message of the user."""

from __future__ import annotations

import base64
from typing import Any

from sandbox_agent.adapter import Write
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import AttachedFile, SendMessage

__all__ = ["prompt"]

_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def prompt(message: SendMessage) -> Write:
    """A message with its attachments; the CLI passes on pictures, everything else goes as text."""
    content = [{"type": "text", "text": message.text}, *(_attachment(file) for file in message.files)]
    line = {"type": "user", "message": {"role": "user", "content": content}}
    return Write(data=encode(line) + b"\n")


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
