"""What Codex asks of its host: permissions and questions; and how each is answered.

`always` allows the very command, or patches of the very files, for the rest of the session. Codex also proposes rules
for whole families of commands; those it would write into the user's rules on disk, for every project: never those.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, TypeAlias

from sandbox_agent.adapter import Output, Synthetic, Write
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.jsonrpc import Message, RequestId, answer, refuse
from sandbox_agent.adapter.keeper import Request, rejection
from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.codex.elicitations import accepted, content_of, declined, questions_of, url_question
from sandbox_agent.agents.codex.news import unparsed
from sandbox_agent.agents.codex.threads import Threads
from sandbox_agent.agents.codex.tools import tool_name
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import Answer, PermissionReply, RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.events import Choice, PermissionRequested, Question, QuestionRequested

__all__ = ["Requests"]

_DECISIONS: dict[PermissionReply, str] = {"once": "accept", "always": "acceptForSession", "reject": "decline"}
_INPUT = "item/tool/requestUserInput"
_DECIDED = frozenset({"item/commandExecution/requestApproval", "item/fileChange/requestApproval"})


class _Pending(NamedTuple):
    native_id: RequestId
    method: str
    params: dict[str, Any]
    request: Request


Json: TypeAlias = dict[str, Any]


class Requests:
    """Remembers what was asked until it is answered."""

    def __init__(self, items: Items, threads: Threads, permission_mode: str) -> None:
        self._items = items
        self._threads = threads
        self._accepts_edits = permission_mode == "acceptEdits"
        self._count = 0
        self._pending: dict[str, _Pending] = {}

    def asked(self, message: Message) -> Iterator[Output]:
        """Codex asks."""
        native_id, method = message.id, message.method
        params = as_dict(message.params)
        if native_id is None or method is None:
            return
        match method:
            case "item/fileChange/requestApproval" if self._accepts_edits and not params.get("grantRoot"):
                yield answer(native_id, {"decision": "accept"})
                return
            case "item/commandExecution/requestApproval":
                request: Request = self._command(params, native_id)
            case "item/fileChange/requestApproval":
                request = self._permission(
                    "fileChange", params, _kind("fileChange", native_id) | {"grantRoot": params.get("grantRoot")}
                )
            case "item/permissions/requestApproval":
                request = self._permission("permissions", params, {"permissions": params.get("permissions")})
            case "mcpServer/elicitation/request":
                request = self._elicitation(params)
            case method if method == _INPUT:
                request = self._question(params)
            case "item/tool/call":
                note = {"type": "inputText", "text": "this tool is not available"}
                yield answer(native_id, {"contentItems": [note], "success": False})
                return
            case _:
                yield refuse(native_id, f"not supported: {method}")
                yield unparsed(f"unknown request: {method}")
                return
        key = request.permission_id if isinstance(request, PermissionRequested) else request.question_id
        self._pending[key] = _Pending(native_id, method, params, request)
        yield request

    def resolved(self, native_id: object) -> Iterator[Output]:
        """Codex does not wait for this answer any more."""
        for key, pending in self._pending.items():
            if pending.native_id == native_id:
                del self._pending[key]
                yield Synthetic(data=rejection(pending.request))
                return

    def answered(self, given: Answer) -> Iterator[Write]:
        """What Codex is told; nothing when it does not ask any more."""
        key = given.permission_id if isinstance(given, ReplyPermission) else given.question_id
        pending = self._pending.pop(key, None)
        if pending is not None:
            yield answer(pending.native_id, _result(pending, given))

    def forget(self) -> None:
        """Nobody waits for answers any more."""
        self._pending.clear()

    def _key(self, kind: str) -> str:
        # Codex counts its requests anew in each process, and may ask twice of one item.
        self._count += 1
        return f"{kind}_{self._count}"

    def _permission(self, action: str, params: Json, more: Json, *, item: str | None = None) -> PermissionRequested:
        native_item = item or as_text(params.get("itemId")) or None
        metadata = {
            "reason": params.get("reason"),
            "itemId": self._items.id_of(native_item) if native_item else None,
            "threadId": params.get("threadId"),
            "turnId": params.get("turnId"),
            "alwaysBy": "agent",
            **more,
        }
        return PermissionRequested(permission_id=self._key("permission"), action=action, metadata=metadata)

    def _command(self, params: Json, native_id: object) -> PermissionRequested:
        command = as_text(params.get("command"))
        more = _kind("commandExecution", native_id) | {
            "command": command,
            "cwd": params.get("cwd"),
            "commandActions": params.get("commandActions"),
            "proposedRule": params.get("proposedExecpolicyAmendment"),
            "network": params.get("networkApprovalContext"),
            "always": f"shell({command})",
        }
        return self._permission("commandExecution", params, more)

    def _elicitation(self, params: Json) -> Request:
        meta = as_dict(params.get("_meta"))
        if meta.get("codex_approval_kind") == "mcp_tool_call":
            server = as_text(params.get("serverName"))
            name = tool_name(server, meta.get("tool_name") or self._threads.mcp_tools.get(server))
            more = {"message": params.get("message"), "input": meta.get("tool_params"), "always": name}
            if "session" not in as_list(meta.get("persist")):
                more |= {"alwaysBy": "daemon", "always": f"{name}({encode(meta.get('tool_params')).decode()})"}
            return self._permission(name, params, more, item=self._threads.mcp_calls.get(name))
        prompt = as_text(params.get("message")) or as_text(params.get("title")) or "The tool server asks for input."
        url = as_text(params.get("url"))
        schema = as_dict(params.get("requestedSchema"))
        questions = (url_question(prompt, url),) if url else questions_of(prompt, schema)
        return _asked(self._key("question"), questions, None, prompt=prompt)

    def _question(self, params: Json) -> QuestionRequested:
        questions = tuple(_question_of(as_dict(each)) for each in as_list(params.get("questions")))
        native_item = as_text(params.get("itemId"))
        return _asked(self._key("question"), questions, self._items.known(native_item))


def _asked(
    key: str, questions: tuple[Question, ...], item_id: str | None, *, prompt: str | None = None
) -> QuestionRequested:
    first = questions[0] if questions else Question(question=prompt or "")
    return QuestionRequested(
        question_id=key,
        prompt=prompt or first.question,
        options=tuple(choice.label for choice in first.options),
        questions=questions,
        item_id=item_id,
    )


def _question_of(entry: Json) -> Question:
    options = (as_dict(each) for each in as_list(entry.get("options")))
    return Question(
        question=as_text(entry.get("question")),
        header=as_text(entry.get("header")) or None,
        options=tuple(
            Choice(label=as_text(option.get("label")), description=as_text(option.get("description")) or None)
            for option in options
        ),
    )


def _kind(kind: str, native_id: object) -> Json:
    """What clients of the 0.1.x API know such a permission by. Source: the Codex mapping of that API."""
    return {"codexRequestKind": kind, "codexRequestId": native_id}


def _result(pending: _Pending, given: Answer) -> Json:
    match given:
        case ReplyPermission(reply=reply):
            return _permission_result(pending, reply)
        case ReplyQuestion(answers=answers) if pending.method == _INPUT:
            entries = [as_dict(each) for each in as_list(pending.params.get("questions"))]
            told = zip(entries, answers, strict=False)
            return {"answers": {as_text(entry.get("id")): {"answers": list(chosen)} for entry, chosen in told}}
        case ReplyQuestion(answers=answers):
            return content_of(pending.params, answers)
        case RejectQuestion():
            return {"answers": {}} if pending.method == _INPUT else declined()


def _permission_result(pending: _Pending, reply: PermissionReply) -> Json:
    if pending.method in _DECIDED:
        return {"decision": _DECISIONS[reply]}
    if pending.method == "item/permissions/requestApproval":
        wanted = {k: v for k, v in as_dict(pending.params.get("permissions")).items() if v is not None}
        return {"permissions": {} if reply == "reject" else wanted, "scope": "session" if reply == "always" else "turn"}
    if reply == "reject":
        return declined()
    return accepted({}, persist="session" if reply == "always" and _persists(pending) else None)


def _persists(pending: _Pending) -> bool:
    return "session" in as_list(as_dict(pending.params.get("_meta")).get("persist"))
