"""Permissions and questions as OpenCode asks them. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.schema.events import (
    PermissionRequested,
    PermissionResolved,
    PermissionStatus,
    Question,
    QuestionRequested,
    QuestionResolved,
)
from sandbox_agent.server.opencode import tools
from sandbox_agent.server.opencode.shapes import Json, News, question

__all__ = ["Asked", "Call", "asked", "item_of", "native_id", "resolved"]

_REPLIES: dict[PermissionStatus, str] = {"accept": "once", "accept_for_session": "always", "reject": "reject"}
_SUBJECTS = ("command", "filePath", "file_path", "path", "url", "pattern")

Call: TypeAlias = tuple[str, str]
"""The message and the call of a tool part."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that waits."""

    request: PermissionRequested | QuestionRequested
    json: Json
    """OpenCode's `PermissionRequest` or `QuestionRequest`."""

    @property
    def is_permission(self) -> bool:
        """A permission, and no question."""
        return isinstance(self.request, PermissionRequested)


def native_id(request: PermissionRequested | QuestionRequested) -> str:
    """What the session calls the request."""
    return request.permission_id if isinstance(request, PermissionRequested) else request.question_id


def item_of(request: PermissionRequested | QuestionRequested) -> str | None:
    """The item that asks, where the agent says it."""
    if isinstance(request, QuestionRequested):
        return request.item_id
    return as_text(as_dict(request.metadata).get("itemId")) or None


def asked(request: PermissionRequested | QuestionRequested, id: str, session: str, call: Call | None) -> Asked:
    """The request under OpenCode's `id`. `call`: the tool call that asks."""
    tool = {"tool": {"messageID": call[0], "callID": call[1]}} if call is not None else {}
    if isinstance(request, QuestionRequested):
        questions = request.questions or (Question(question=request.prompt),)
        shown = [question(each) for each in questions]
        if request.plan is not None:
            shown[0]["question"] = f"{request.plan}\n\n{shown[0]['question']}"
        return Asked(request, {"id": id, "sessionID": session, "questions": shown, **tool})
    metadata = as_dict(request.metadata)
    input = as_dict(metadata.get("input"))
    json = {
        "id": id,
        "sessionID": session,
        "permission": tools.name_of(request.action),
        "patterns": _patterns(metadata, input) or [request.action],
        "metadata": {**input, **metadata},
        "always": _always(metadata),
    }
    return Asked(request, {**json, **tool})


def resolved(data: PermissionResolved | QuestionResolved, id: str, session: str) -> News:
    """How the request was answered."""
    ids = {"sessionID": session, "requestID": id}
    if isinstance(data, PermissionResolved):
        reply = _REPLIES.get(data.status, "reject")
        # The second pair is what clients of earlier releases read.
        return News("permission.replied", {**ids, "reply": reply, "permissionID": id, "response": reply})
    if data.answers is None:
        return News("question.rejected", ids)
    return News("question.replied", {**ids, "answers": [list(each) for each in data.answers]})


def _patterns(metadata: Json, input: Json) -> list[str]:
    named = [str(each) for each in as_list(metadata.get("patterns"))]
    return named or [text for key in _SUBJECTS if (text := as_text(metadata.get(key)) or as_text(input.get(key)))][:1]


def _always(metadata: Json) -> list[str]:
    rule = metadata.get("always")
    return [rule] if isinstance(rule, str) else [str(each) for each in as_list(rule)]
