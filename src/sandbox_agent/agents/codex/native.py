"""What Codex's app-server says, as far as it is read here: items of threads. Unknown fields are let pass.

Source: the bindings that `codex app-server generate-ts --experimental` of 0.169.0 writes, and what it was seen to say.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sandbox_agent.adapter.jsonrpc import Message
from sandbox_agent.adapter.values import as_dict

__all__ = [
    "EMITTED",
    "Line",
    "ThreadItem",
    "as_number",
    "decode",
    "item_of",
    "params_of",
]


class Line(Message, rename={"emitted_at_ms": "emittedAtMs"}):
    """A message, and when it was said."""

    emitted_at_ms: Any = None


decode = msgspec.json.Decoder(Line).decode
"""One line to a message. Raises `msgspec.DecodeError` for noise."""
EMITTED = "emittedAtMs"
"""Beside the parameters: when the message was said, in milliseconds since the epoch."""


class ThreadItem(msgspec.Struct, rename="camel"):
    """One unit of a thread; which fields have a meaning depends on `type`."""

    type: str
    id: str = ""
    client_id: str | None = None
    """Of a `userMessage`: the id that its sender gave it."""
    text: Any = None
    summary: Any = None
    content: Any = None
    command: Any = None
    cwd: Any = None
    process_id: Any = None
    """While a command runs: how to name it in order to end it."""
    status: Any = None
    command_actions: Any = None
    aggregated_output: Any = None
    exit_code: Any = None
    duration_ms: Any = None
    changes: Any = None
    server: Any = None
    namespace: Any = None
    tool: Any = None
    arguments: Any = None
    result: Any = None
    error: Any = None
    content_items: Any = None
    receiver_thread_ids: Any = None
    prompt: Any = None
    agents_states: Any = None
    kind: Any = None
    agent_thread_id: Any = None
    agent_path: Any = None
    query: Any = None
    action: Any = None
    results: Any = None
    path: Any = None
    saved_path: Any = None
    review: Any = None
    revised_prompt: Any = None
    fragments: Any = None
    started_at_ms: Any = None


def item_of(params: dict[str, Any]) -> ThreadItem | None:
    """The item of an `item/started` or `item/completed`; None when it has no shape that we know."""
    try:
        return msgspec.convert(params.get("item"), ThreadItem)
    except msgspec.ValidationError:
        return None


def params_of(message: Message) -> dict[str, Any]:
    """The parameters, with the time beside them."""
    params = as_dict(message.params)
    return {**params, EMITTED: message.emitted_at_ms} if isinstance(message, Line) else params


def as_number(value: object) -> int:
    """`value` if it is a whole number, else 0."""
    return value if isinstance(value, int) else 0
