"""The messages that wait for a session's agent to rest."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass
from typing import Literal

from sandbox_agent.schema import api
from sandbox_agent.schema.commands import SendMessage
from sandbox_agent.schema.errors import NotFound

__all__ = ["Backlog", "Sent", "Waiting"]


@dataclass(frozen=True)
class Waiting:
    """One message, and who waits to hear where its turn begins."""

    message: SendMessage
    request: api.MessageRequest
    started: asyncio.Future[int]


@dataclass(frozen=True)
class Sent:
    """What became of a message."""

    message_id: str
    delivery: Literal["started", "steered", "queued"]
    started: asyncio.Future[int]
    """The log's last sequence just before the turn of this message; cancelled when the message is withdrawn."""
    offset: int  # the log's last sequence when the message was taken


class Backlog:
    """First in, first out; each message can be withdrawn."""

    def __init__(self) -> None:
        self._waiting: deque[Waiting] = deque()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def add(self, waiting: Waiting) -> None:
        """Put a message at the end."""
        self._waiting.append(waiting)

    def take(self) -> Waiting:
        """The message that is next."""
        return self._waiting.popleft()

    def withdraw(self, message_id: str) -> None:
        """Take one message out. Raises `NotFound` when it does not wait (any more)."""
        for waiting in self._waiting:
            if waiting.message.message_id == message_id:
                self._waiting.remove(waiting)
                waiting.started.cancel()
                return
        raise NotFound(f"no queued message {message_id}", hint="it may have begun; see GET .../queue")

    def clear(self) -> None:
        """Take all out."""
        while self._waiting:
            self._waiting.popleft().started.cancel()

    def listing(self) -> api.Queue:
        """The messages as the API shows them, next one first."""
        return api.Queue(
            messages=tuple(
                api.QueuedMessage(
                    message_id=each.message.message_id,
                    message=each.request.message,
                    attachments=each.request.attachments,
                )
                for each in self._waiting
            )
        )
