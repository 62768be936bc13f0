"""One daemon in a sandbox, one API, every coding agent.

The public names are here and nowhere else. They are imported when they are first used, so that importing the package
costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from sandbox_agent._version import __version__

if TYPE_CHECKING:
    from sandbox_agent.client.aio import AsyncSandboxAgent
    from sandbox_agent.client.aio_files import AsyncFiles
    from sandbox_agent.client.aio_session import AsyncSession
    from sandbox_agent.client.aio_streams import AsyncEventStream, AsyncRequestStream, AsyncTurn
    from sandbox_agent.client.asking import AsyncOnPermission, AsyncOnQuestion, OnPermission, OnQuestion, Request
    from sandbox_agent.client.sync import SandboxAgent
    from sandbox_agent.client.sync_files import Files
    from sandbox_agent.client.sync_session import Session
    from sandbox_agent.client.sync_streams import EventStream, RequestStream, Turn
    from sandbox_agent.client.turns import Transcript, TurnResult
    from sandbox_agent.schema.api import (
        AgentInfo,
        AgentList,
        Capabilities,
        CreateSessionRequest,
        Delivered,
        EventPage,
        Health,
        HookMatcher,
        InstallProgress,
        LocalMcpServer,
        McpOauth,
        McpServer,
        Mode,
        Model,
        ModeList,
        ModelList,
        Queue,
        QueuedMessage,
        RemoteMcpServer,
        ServerStatus,
        SessionDetail,
        SessionDiff,
        SessionInfo,
        SessionList,
        Skills,
        SkillSource,
    )
    from sandbox_agent.schema.commands import Attachment, PermissionReply
    from sandbox_agent.schema.content import (
        ContentPart,
        FileRefPart,
        ImagePart,
        Item,
        JsonPart,
        ReasoningPart,
        StatusPart,
        TextPart,
        ToolCallPart,
        ToolResultPart,
    )
    from sandbox_agent.schema.errors import (
        AgentNotInstalled,
        AgentProcessExited,
        AlreadyResolved,
        ApiError,
        ConnectionFailed,
        InstallFailed,
        InternalError,
        InvalidRequest,
        LogReplaced,
        ModeNotSupported,
        NotFound,
        NotReady,
        PermissionDenied,
        Problem,
        RequestTimeout,
        SandboxAgentError,
        SessionAlreadyExists,
        SessionBusy,
        SessionNotFound,
        StoreFailed,
        StreamError,
        TokenInvalid,
        UnsupportedAgent,
    )
    from sandbox_agent.schema.events import (
        AgentUnparsed,
        ChangedFile,
        Choice,
        DiffUpdated,
        ErrorReported,
        Event,
        EventData,
        ItemCompleted,
        ItemDelta,
        ItemStarted,
        PermissionRequested,
        PermissionResolved,
        Question,
        QuestionRequested,
        QuestionResolved,
        SessionEnded,
        SessionStarted,
        StderrTail,
        Todo,
        TodoUpdated,
        TurnEnded,
        TurnStarted,
        Unknown,
        Usage,
        UsageUpdated,
    )
    from sandbox_agent.schema.files import FsEntry, FsMoved, FsPath, FsStat, FsUnpacked, FsWritten
    from sandbox_agent.schema.readiness import Lack, Readiness, ReadyAgent
    from sandbox_agent.stores.base import Store
    from sandbox_agent.stores.postgres import PostgresStore
    from sandbox_agent.stores.sqlite import SQLiteStore

__all__ = [
    "AgentInfo",
    "AgentList",
    "AgentNotInstalled",
    "AgentProcessExited",
    "AgentUnparsed",
    "AlreadyResolved",
    "ApiError",
    "AsyncEventStream",
    "AsyncFiles",
    "AsyncOnPermission",
    "AsyncOnQuestion",
    "AsyncRequestStream",
    "AsyncSandboxAgent",
    "AsyncSession",
    "AsyncTurn",
    "Attachment",
    "Capabilities",
    "ChangedFile",
    "Choice",
    "ConnectionFailed",
    "ContentPart",
    "CreateSessionRequest",
    "Delivered",
    "DiffUpdated",
    "ErrorReported",
    "Event",
    "EventData",
    "EventPage",
    "EventStream",
    "FileRefPart",
    "Files",
    "FsEntry",
    "FsMoved",
    "FsPath",
    "FsStat",
    "FsUnpacked",
    "FsWritten",
    "Health",
    "HookMatcher",
    "ImagePart",
    "InstallFailed",
    "InstallProgress",
    "InternalError",
    "InvalidRequest",
    "Item",
    "ItemCompleted",
    "ItemDelta",
    "ItemStarted",
    "JsonPart",
    "Lack",
    "LocalMcpServer",
    "LogReplaced",
    "McpOauth",
    "McpServer",
    "Mode",
    "ModeList",
    "ModeNotSupported",
    "Model",
    "ModelList",
    "NotFound",
    "NotReady",
    "OnPermission",
    "OnQuestion",
    "PermissionDenied",
    "PermissionReply",
    "PermissionRequested",
    "PermissionResolved",
    "PostgresStore",
    "Problem",
    "Question",
    "QuestionRequested",
    "QuestionResolved",
    "Queue",
    "QueuedMessage",
    "Readiness",
    "ReadyAgent",
    "ReasoningPart",
    "RemoteMcpServer",
    "Request",
    "RequestStream",
    "RequestTimeout",
    "SQLiteStore",
    "SandboxAgent",
    "SandboxAgentError",
    "ServerStatus",
    "Session",
    "SessionAlreadyExists",
    "SessionBusy",
    "SessionDetail",
    "SessionDiff",
    "SessionEnded",
    "SessionInfo",
    "SessionList",
    "SessionNotFound",
    "SessionStarted",
    "SkillSource",
    "Skills",
    "StatusPart",
    "StderrTail",
    "Store",
    "StoreFailed",
    "StreamError",
    "TextPart",
    "Todo",
    "TodoUpdated",
    "TokenInvalid",
    "ToolCallPart",
    "ToolResultPart",
    "Transcript",
    "Turn",
    "TurnEnded",
    "TurnResult",
    "TurnStarted",
    "Unknown",
    "UnsupportedAgent",
    "Usage",
    "UsageUpdated",
    "__version__",
]

_MODULES = (
    "sandbox_agent.schema.events",
    "sandbox_agent.schema.content",
    "sandbox_agent.schema.errors",
    "sandbox_agent.schema.commands",
    "sandbox_agent.schema.files",
    "sandbox_agent.schema.readiness",
    "sandbox_agent.schema.api",
    "sandbox_agent.stores.base",
    "sandbox_agent.stores.sqlite",
    "sandbox_agent.stores.postgres",
    "sandbox_agent.client.asking",
    "sandbox_agent.client.turns",
    "sandbox_agent.client.sync_streams",
    "sandbox_agent.client.aio_streams",
    "sandbox_agent.client.sync_files",
    "sandbox_agent.client.aio_files",
    "sandbox_agent.client.sync_session",
    "sandbox_agent.client.aio_session",
    "sandbox_agent.client.sync",
    "sandbox_agent.client.aio",
)
"""Where the names live; the cheapest to import first."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        for each in _MODULES:
            module = importlib.import_module(each)
            if name in module.__all__:
                value = globals()[name] = getattr(module, name)
                return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
