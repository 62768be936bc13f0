"""What we write to the CLI, one JSON line each."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from sandbox_agent.adapter import Write
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import AttachedFile, SendMessage

__all__ = ["INITIALIZE", "allow", "control", "deny", "initialize", "prompt", "refuse", "steer_uuid"]

INITIALIZE = "initialize"
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def initialize() -> bytes:
    """The first line to every process: the answer says what it offers, and that it is up."""
    request = {"subtype": "initialize", "hooks": None, "forwardSubagentText": True}
    return _line({"type": "control_request", "request_id": INITIALIZE, "request": request})


def control(request_id: str, subtype: str, **fields: Any) -> Write:
    """Ask something of the CLI."""
    return _write({"type": "control_request", "request_id": request_id, "request": {"subtype": subtype, **fields}})


def prompt(message: SendMessage, uuid: str | None = None) -> Write:
    """A message of the user."""
    content: str | list[dict[str, Any]] = message.text
    if message.files:
        content = [*(_attachment(file) for file in message.files), {"type": "text", "text": message.text}]
    line: dict[str, Any] = {
        "type": "user",
        "message": {"role": "user", "content": content},
        "parent_tool_use_id": None,
    }
    if uuid is not None:
        line["uuid"] = uuid
    return _write(line)


def steer_uuid(message_id: str, salt: str) -> str:
    """A v4-like UUID without chance; `salt` is something the CLI chose at random, so that none comes twice."""
    digest = hashlib.sha256(f"{salt}:{message_id}".encode()).hexdigest()
    return f"{digest[:8]}-{digest[8:12]}-4{digest[13:16]}-a{digest[17:20]}-{digest[20:32]}"


def allow(request_id: str, tool_input: dict[str, Any], permissions: list[dict[str, Any]] | None = None) -> Write:
    """Let a tool run. The input goes back always: 2.1.197 fails the tool without it."""
    answer: dict[str, Any] = {"behavior": "allow", "updatedInput": tool_input}
    if permissions:
        answer["updatedPermissions"] = permissions
    return _answer(request_id, answer)


def deny(request_id: str, message: str) -> Write:
    """Do not let a tool run; the model reads `message`."""
    return _answer(request_id, {"behavior": "deny", "message": message})


def refuse(request_id: str, error: str) -> Write:
    """Answer a request that we cannot serve, or the CLI would wait for ever."""
    response = {"subtype": "error", "request_id": request_id, "error": error}
    return _write({"type": "control_response", "response": response})


def _answer(request_id: str, answer: dict[str, Any]) -> Write:
    response = {"subtype": "success", "request_id": request_id, "response": answer}
    return _write({"type": "control_response", "response": response})


def _attachment(file: AttachedFile) -> dict[str, Any]:
    mime = file.mime.partition(";")[0].strip().lower()
    if mime in _IMAGES:
        return {"type": "image", "source": _base64(mime, file.data)}
    if mime == "application/pdf":
        return {"type": "document", "source": _base64(mime, file.data), "title": file.filename}
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        return {"type": "text", "text": f"Attached file: {file.path} ({file.mime}, {len(file.data)} bytes)"}
    source = {"type": "text", "media_type": "text/plain", "data": text}
    return {"type": "document", "source": source, "title": file.filename}


def _base64(mime: str, data: bytes) -> dict[str, str]:
    return {"type": "base64", "media_type": mime, "data": base64.b64encode(data).decode()}


def _write(line: dict[str, Any]) -> Write:
    return Write(data=_line(line))


def _line(line: dict[str, Any]) -> bytes:
    return encode(line) + b"\n"
