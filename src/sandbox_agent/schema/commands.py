"""What a client may ask of a session."""

from __future__ import annotations

from typing import Literal, TypeAlias

from sandbox_agent.schema.base import CamelModel, Model

__all__ = [
    "Answer",
    "AttachedFile",
    "Attachment",
    "Command",
    "Interrupt",
    "PermissionReply",
    "RejectQuestion",
    "ReplyPermission",
    "ReplyQuestion",
    "SendMessage",
    "Terminate",
]

PermissionReply: TypeAlias = Literal["once", "always", "reject"]


class Attachment(CamelModel):
    """A file that goes with a message; `path` is on the daemon's machine."""

    path: str
    mime: str | None = None
    filename: str | None = None


class AttachedFile(Model):
    """An attachment with its bytes, read by the runtime so that adapters need no I/O."""

    path: str
    mime: str
    filename: str
    data: bytes


class SendMessage(Model):
    """Give the agent a message. The session calls this at rest, or in a turn when the adapter is `steerable`."""

    message_id: str
    text: str
    files: tuple[AttachedFile, ...] = ()
    steer: bool = False


class ReplyPermission(Model):
    """Answer a permission request."""

    permission_id: str
    reply: PermissionReply
    message: str | None = None
    """With `reject`: a word to the agent."""


class ReplyQuestion(Model):
    """Answer a question request: one list of answers for each of its questions."""

    question_id: str
    answers: tuple[tuple[str, ...], ...]


class RejectQuestion(Model):
    """Refuse to answer a question request."""

    question_id: str


class Interrupt(Model):
    """End the running turn; the session stays usable."""


class Terminate(Model):
    """End the session; a last chance to tell the agent before its process is ended."""


Answer: TypeAlias = ReplyPermission | ReplyQuestion | RejectQuestion
Command: TypeAlias = SendMessage | ReplyPermission | ReplyQuestion | RejectQuestion | Interrupt | Terminate
