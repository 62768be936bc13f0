"""What agents there are and what each can do.

Source: the HTTP contract of the 0.1.x API; fields marked additive are ours.
"""

from __future__ import annotations

from typing import Literal

from sandbox_agent.schema.base import CamelModel
from sandbox_agent.schema.errors import Problem

__all__ = [
    "AgentInfo",
    "AgentList",
    "Capabilities",
    "InstallProgress",
    "InstallRequest",
    "Mode",
    "ModeList",
    "Model",
    "ModelList",
    "ServerStatus",
]


class Capabilities(CamelModel):
    """What an agent can do, as data."""

    plan_mode: bool = False
    permissions: bool = False
    questions: bool = False
    tool_calls: bool = False
    tool_results: bool = False
    text_messages: bool = True
    images: bool = False
    file_attachments: bool = False
    session_lifecycle: bool = False
    error_events: bool = False
    reasoning: bool = False
    status: bool = False
    command_execution: bool = False
    file_changes: bool = False
    mcp_tools: bool = False
    streaming_deltas: bool = False
    item_started: bool = False
    shared_process: bool = False
    fork: bool = False


class ServerStatus(CamelModel, omit_defaults=True):
    """State of an agent's shared server process."""

    status: Literal["running", "stopped", "error"]
    restart_count: int
    base_url: str | None = None
    uptime_ms: int | None = None
    last_error: str | None = None


class AgentInfo(CamelModel, omit_defaults=True):
    """One agent of `GET /v1/agents`."""

    id: str
    installed: bool
    credentials_available: bool
    capabilities: Capabilities
    version: str | None = None
    path: str | None = None
    server_status: ServerStatus | None = None


class AgentList(CamelModel):
    """Answer of `GET /v1/agents`."""

    agents: tuple[AgentInfo, ...]


class InstallRequest(CamelModel):
    """Body of `POST /v1/agents/{agent}/install`."""

    reinstall: bool | None = None


class InstallProgress(CamelModel, omit_defaults=True):
    """How far an installation is: one server-sent event of `POST /v1/agents/{agent}/install/stream` (additive).

    The last one of a stream is `done` or `failed`.
    """

    state: Literal["waiting", "downloading", "verifying", "done", "failed"]
    what: str = ""
    """What is being done, in words."""
    bytes: int | None = None
    """On disk so far, while it downloads."""
    version: str | None = None
    """Once it is known."""
    path: str | None = None
    """The executable, when it is done."""
    problem: Problem | None = None
    """Why it failed."""


class Mode(CamelModel):
    """One agent mode."""

    id: str
    name: str
    description: str


class ModeList(CamelModel):
    """Answer of `GET /v1/agents/{agent}/modes`."""

    modes: tuple[Mode, ...]


class Model(CamelModel, omit_defaults=True):
    """One model an agent offers; `variants` are its effort levels."""

    id: str
    name: str | None = None
    variants: tuple[str, ...] | None = None
    default_variant: str | None = None


class ModelList(CamelModel, omit_defaults=True):
    """Answer of `GET /v1/agents/{agent}/models`."""

    models: tuple[Model, ...]
    default_model: str | None = None
