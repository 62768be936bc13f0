"""What OpenCode's clients send. Fields that we have no use for are ignored, as they are there."""

from __future__ import annotations

from typing import Any, Literal, TypeAlias

import msgspec

from sandbox_agent.schema.base import Model
from sandbox_agent.schema.commands import PermissionReply

__all__ = [
    "Anything",
    "CommandBody",
    "CreateBody",
    "FilePart",
    "ForkBody",
    "InitBody",
    "ModelChoice",
    "OldPermissionBody",
    "PermissionBody",
    "PromptBody",
    "PromptPart",
    "PtyBody",
    "Query",
    "QuestionBody",
    "ShellBody",
    "TextPart",
    "ToolServerBody",
    "UpdateBody",
]

Anything: TypeAlias = dict[str, Any]


class Query(Model):
    """Query parameters of all endpoints; each reads those it knows."""

    directory: str | None = None
    limit: int | None = None
    before: str | None = None
    path: str | None = None
    pattern: str | None = None
    query: str | None = None
    search: str | None = None
    start: int | None = None
    roots: str | None = None
    type: str | None = None
    dirs: str | None = None


class ModelChoice(Model):
    """A model, in either of OpenCode's spellings."""

    provider_id: str = msgspec.field(name="providerID", default="")
    model_id: str = msgspec.field(name="modelID", default="")
    id: str = ""
    variant: str | None = None

    @property
    def name(self) -> str:
        """The model's id."""
        return self.model_id or self.id


class CreateBody(Model):
    """Of `POST /session`."""

    title: str | None = None
    parent_id: str | None = msgspec.field(name="parentID", default=None)
    agent: str | None = None
    model: ModelChoice | str | None = None
    provider_id: str | None = msgspec.field(name="providerID", default=None)
    model_id: str | None = msgspec.field(name="modelID", default=None)
    variant: str | None = None
    permission_mode: str | None = msgspec.field(name="permissionMode", default=None)
    permission_mode_too: str | None = msgspec.field(name="permission_mode", default=None)


class Archiving(Model):
    """Part of `UpdateBody`."""

    archived: int | None = None


class UpdateBody(Model):
    """Of `PATCH /session/{id}`."""

    title: str | None = None
    time: Archiving | None = None
    model: ModelChoice | str | None = None
    provider_id: str | None = msgspec.field(name="providerID", default=None)
    model_id: str | None = msgspec.field(name="modelID", default=None)


class TextPart(Model, tag="text"):
    """Words of the user."""

    text: str
    ignored: bool | None = None


class FilePart(Model, tag="file"):
    """A file by `file:` or `data:` URL."""

    url: str
    mime: str = "application/octet-stream"
    filename: str | None = None


class AgentPart(Model, tag="agent"):
    """A mention of a subagent."""

    name: str


class SubtaskPart(Model, tag="subtask"):
    """Work for a subagent."""

    prompt: str
    agent: str = ""
    description: str = ""


PromptPart: TypeAlias = TextPart | FilePart | AgentPart | SubtaskPart


class PromptBody(Model):
    """Of `POST /session/{id}/message` and `/prompt_async`."""

    parts: tuple[PromptPart, ...]
    model: ModelChoice | str | None = None
    agent: str | None = None
    variant: str | None = None
    system: str | None = None
    no_reply: bool | None = msgspec.field(name="noReply", default=None)
    message_id: str | None = msgspec.field(name="messageID", default=None)


class CommandBody(Model):
    """Of `POST /session/{id}/command`."""

    command: str
    arguments: str = ""
    model: ModelChoice | str | None = None
    agent: str | None = None
    variant: str | None = None
    parts: tuple[FilePart, ...] = ()
    message_id: str | None = msgspec.field(name="messageID", default=None)


class ShellBody(Model):
    """Of `POST /session/{id}/shell`."""

    command: str
    agent: str | None = None
    model: ModelChoice | str | None = None
    message_id: str | None = msgspec.field(name="messageID", default=None)


class InitBody(Model):
    """Of `POST /session/{id}/init`."""

    provider_id: str | None = msgspec.field(name="providerID", default=None)
    model_id: str | None = msgspec.field(name="modelID", default=None)
    message_id: str | None = msgspec.field(name="messageID", default=None)


class ForkBody(Model):
    """Of `POST /session/{id}/fork`."""

    message_id: str | None = msgspec.field(name="messageID", default=None)


class PermissionBody(Model):
    """Of `POST /permission/{id}/reply`."""

    reply: PermissionReply
    message: str | None = None


class OldPermissionBody(Model):
    """Of `POST /session/{id}/permissions/{permission}`."""

    response: PermissionReply


class QuestionBody(Model):
    """Of `POST /question/{id}/reply`: one list of answers for each question."""

    answers: tuple[tuple[str, ...], ...]


class PtyBody(Model):
    """Of `POST /pty` and `PUT /pty/{id}`."""

    command: str | None = None
    args: tuple[str, ...] = ()
    cwd: str | None = None
    title: str | None = None


class ToolServer(Model):
    """An MCP server, as OpenCode configures it."""

    type: Literal["local", "remote"]
    command: tuple[str, ...] = ()
    environment: dict[str, str] | None = None
    cwd: str | None = None
    url: str = ""
    headers: dict[str, str] | None = None
    enabled: bool | None = None
    timeout: int | None = None


class ToolServerBody(Model):
    """Of `POST /mcp`."""

    name: str
    config: ToolServer
