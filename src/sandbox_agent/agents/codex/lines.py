"""What we say to Codex: the parameters of our requests."""

from __future__ import annotations

import base64
from typing import Any

from sandbox_agent.schema.commands import AttachedFile, SendMessage

__all__ = ["IMPLEMENT_PLAN", "INITIALIZE", "collaboration", "text_input", "user_input"]

_UNWANTED = (
    "account/updated",
    "remoteControl/status/changed",
    "skills/changed",
    "thread/readState/changed",
    "thread/settings/updated",
    "turn/diff/updated",
)
INITIALIZE: dict[str, Any] = {
    "clientInfo": {"name": "sandbox-agent", "title": "Sandbox Agent", "version": "0"},
    "capabilities": {
        "experimentalApi": True,
        "requestAttestation": False,
        "optOutNotificationMethods": list(_UNWANTED),
    },
}
"""The first request. Plan mode, background terminals and questions are experimental. What is opted out of says nothing
that is used here, at every turn."""

IMPLEMENT_PLAN = "Implement the plan."
_IMAGES = ("image/png", "image/jpeg", "image/gif", "image/webp")


def user_input(message: SendMessage) -> list[dict[str, Any]]:
    """A message of the user with its attachments: pictures as such, texts in full, of others the path."""
    return [*(_attachment(file) for file in message.files), *text_input(message.text)]


def text_input(text: str) -> list[dict[str, Any]]:
    """Words only."""
    return [{"type": "text", "text": text, "text_elements": []}]


def collaboration(model: str, effort: str | None, *, planning: bool) -> dict[str, Any]:
    """Plan mode or the default one, with Codex's own instructions for it."""
    settings = {"model": model, "reasoning_effort": effort, "developer_instructions": None}
    return {"mode": "plan" if planning else "default", "settings": settings}


def _attachment(file: AttachedFile) -> dict[str, Any]:
    mime = file.mime.partition(";")[0].strip().lower()
    if mime in _IMAGES:
        return {"type": "image", "url": f"data:{mime};base64,{base64.b64encode(file.data).decode()}"}
    try:
        text = file.data.decode()
    except UnicodeDecodeError:
        (note,) = text_input(f"Attached file: {file.path} ({file.mime}, {len(file.data)} bytes)")
        return note
    (note,) = text_input(f'<attached-file path="{file.path}">\n{text}\n</attached-file>')
    return note
