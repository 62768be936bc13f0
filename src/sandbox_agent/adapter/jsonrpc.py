"""JSON-RPC as values: what a line says, and which of our requests a reply answers. Pure, for any agent."""

from __future__ import annotations

from typing import Any, Generic, TypeAlias, TypeVar

import msgspec

from sandbox_agent.adapter import Write
from sandbox_agent.schema.base import encode

__all__ = ["METHOD_NOT_FOUND", "Calls", "Message", "RequestId", "answer", "decode", "notify", "refuse"]

RequestId: TypeAlias = int | str
METHOD_NOT_FOUND = -32601
About = TypeVar("About")


class Fault(msgspec.Struct):
    """The `error` of a reply."""

    code: int = 0
    message: str = ""
    data: Any = None


class Message(msgspec.Struct):
    """One line of the other side: a request has `method` and `id`, a notification no `id`, a reply no `method`."""

    id: RequestId | None = None
    method: str | None = None
    params: Any = None
    result: Any = None
    error: Fault | None = None


decode = msgspec.json.Decoder(Message).decode
"""One line to a message. Raises `msgspec.DecodeError` for noise."""


class Calls(Generic[About]):
    """Our own requests that wait for a reply, each with a note of what it was about."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: dict[RequestId, About] = {}

    def ask(self, method: str, params: Any, about: About) -> Write:
        """A request under a new id."""
        self._count += 1
        self._waiting[self._count] = about
        return _write({"id": self._count, "method": method, "params": params})

    def answered(self, reply: Message) -> About | None:
        """What the request of this reply was about; None when nobody asked, or asks no more."""
        return None if reply.id is None else self._waiting.pop(reply.id, None)

    def forget(self) -> None:
        """Whoever should have replied is gone."""
        self._waiting.clear()


def notify(method: str, params: Any = None) -> Write:
    """Tell something; there is no reply."""
    return _write({"method": method} if params is None else {"method": method, "params": params})


def answer(request_id: RequestId, result: Any) -> Write:
    """The reply to a request of the other side."""
    return _write({"id": request_id, "result": result})


def refuse(request_id: RequestId, message: str, code: int = METHOD_NOT_FOUND) -> Write:
    """Reply to a request that we cannot serve, or the other side would wait for ever."""
    return _write({"id": request_id, "error": {"code": code, "message": message}})


def _write(line: dict[str, Any]) -> Write:
    return Write(data=encode({"jsonrpc": "2.0", **line}) + b"\n")
