"""What Codex says of itself: retries, warnings, tool servers, rate limits. And which of its words say nothing new."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox_agent.adapter import Output, Synthetic
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import StatusPart
from sandbox_agent.schema.events import AgentUnparsed

__all__ = ["News", "unparsed"]

_QUIET = frozenset(
    {
        "account/gatewayOAuth/changed",
        "account/login/completed",
        "account/updated",
        "app/list/updated",
        "configWarning",
        "deprecationNotice",
        "externalAgentConfig/import/completed",
        "externalAgentConfig/import/progress",
        "fs/changed",
        "hook/started",
        "item/autoApprovalReview/completed",
        "item/autoApprovalReview/started",
        "item/commandExecution/terminalInteraction",
        "item/fileChange/patchUpdated",
        "item/reasoning/summaryPartAdded",
        "model/safetyBuffering/updated",
        "model/verification",
        "modelProvider/authRecoveryCompleted",
        "modelProvider/authRecoveryStarted",
        "project/changed",
        "rawResponse/completed",
        "rawResponseItem/completed",
        "remoteControl/status/changed",
        "skills/changed",
        "thread/archived",
        "thread/attachment/updated",
        "thread/closed",
        "thread/compacted",
        "thread/deleted",
        "thread/environment/connected",
        "thread/environment/disconnected",
        "thread/goal/cleared",
        "thread/name/updated",
        "thread/prediction/updated",
        "thread/project/updated",
        "thread/queue/changed",
        "thread/readState/changed",
        "thread/reverted",
        "thread/section/changed",
        "thread/settings/updated",
        "thread/started",
        "thread/status/changed",
        "thread/unarchived",
        "turn/diff/updated",
        "turn/moderationMetadata",
    }
)
"""Notifications that say nothing an item, a turn or a request does not say, or that concern nobody here."""
_QUIET_PREFIXES = ("command/", "fuzzyFileSearch/", "process/", "thread/realtime/", "windows")

_NOTES: dict[str, tuple[str, Callable[[dict[str, Any]], str]]] = {
    "guardianWarning": ("warning", lambda params: as_text(params.get("message"))),
    "item/mcpToolCall/progress": ("mcp.progress", lambda params: as_text(params.get("message"))),
    "mcpServer/oauthLogin/completed": ("mcp.login", lambda params: as_text(params.get("name"))),
    "model/rerouted": ("model_rerouted", lambda params: f"{params.get('fromModel')} to {params.get('toModel')}"),
    "thread/goal/updated": ("goal", lambda params: as_text(as_dict(params.get("goal")).get("objective"))),
    "warning": ("warning", lambda params: as_text(params.get("message"))),
}
"""Notifications that are a note to the reader: its label and where its detail is."""


class News:
    """Turns notifications into status items."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._limits: str | None = None

    def item(self, method: str, params: dict[str, Any]) -> Iterator[Output]:
        """What a notification means to a reader of the session; nothing for noise."""
        match method:
            case _ if method in _QUIET or method.startswith(_QUIET_PREFIXES):
                pass
            case "error":
                error = as_dict(params.get("error"))
                yield self.status("retry", ": ".join(filter(None, map(as_text, _words(error)))) or None)
            case "mcpServer/startupStatus/updated":
                if params.get("status") == "failed":
                    label = "mcp.needs-auth" if _wants_login(params) else "mcp.failed"
                    yield self.status(label, f"{params.get('name')}: {params.get('error')}")
            case "account/rateLimits/updated":
                yield from self._rate_limits(as_dict(params.get("rateLimits")))
            case "hook/completed":
                if message := as_text(as_dict(params.get("run")).get("statusMessage")):
                    yield self.status("hook", message)
            case _ if method in _NOTES:
                label, detail = _NOTES[method]
                yield self.status(label, detail(params) or None)
            case _:
                yield unparsed(f"unknown notification: {method}")

    def status(self, label: str, detail: str | None, parent: str | None = None) -> Output:
        """A status item."""
        part = StatusPart(label=label, detail=detail)
        return self._items.complete(None, "status", "system", (part,), parent=parent)

    def _rate_limits(self, limits: dict[str, Any]) -> Iterator[Output]:
        """Told after each call of the model; worth a word when the windows are known and have changed."""
        windows = [(name, as_dict(limits.get(name))) for name in ("primary", "secondary")]
        told = "; ".join(_window(name, window) for name, window in windows if "usedPercent" in window)
        if told and told != self._limits:
            self._limits = told
            yield self.status("rate_limits", told)


def unparsed(error: str) -> Synthetic:
    """Something nobody knows; the session keeps it as `raw`."""
    return Synthetic(data=AgentUnparsed(error=error, location="codex"))


def _wants_login(failed: dict[str, Any]) -> bool:
    """A login that has run out has a reason of its own; one that was never made is told in words alone."""
    return failed.get("failureReason") == "reauthenticationRequired" or "not logged in" in as_text(failed.get("error"))


def _words(error: dict[str, Any]) -> tuple[object, object]:
    return error.get("message"), error.get("additionalDetails")


def _window(name: str, window: dict[str, Any]) -> str:
    minutes, resets = window.get("windowDurationMins"), window.get("resetsAt")
    span = f" of {minutes} minutes" if minutes is not None else ""
    again = f", resets at {encode(resets).decode()}" if resets is not None else ""
    return f"{name} {window['usedPercent']}%{span}{again}"
