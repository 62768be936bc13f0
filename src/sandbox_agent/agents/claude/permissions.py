"""What the CLI asks of its host: permissions, questions, plans to approve; and how each is answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple, cast

from sandbox_agent.adapter import Output, Synthetic, Write
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.keeper import Request, rejection
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.claude.launch import NATIVE_MODES
from sandbox_agent.agents.claude.lines import allow, deny
from sandbox_agent.agents.claude.native import ControlRequest, PermissionAsk
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import Answer, RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.events import Choice, PermissionRequested, Question, QuestionRequested

__all__ = ["ASK", "PLAN", "Permissions"]

ASK = "AskUserQuestion"
PLAN = "ExitPlanMode"
_PLAN_PROMPT = "Approve plan execution?"
_APPROVE = "approve"
_DENIED = "The user did not allow this. Do not try again by other means; ask what to do instead."
_DISMISSED = "The user did not answer."
_PLAN_REJECTED = "The user rejected the plan. Stay in plan mode and ask what to change."


class _Pending(NamedTuple):
    native_id: str
    ask: PermissionAsk
    request: Request


class Permissions:
    """Remembers what was asked until it is answered."""

    def __init__(self, items: Items, permission_mode: str) -> None:
        self._items = items
        self._mode = NATIVE_MODES.get(permission_mode)
        self._pending: dict[str, _Pending] = {}

    def asked(self, line: ControlRequest, plan: str | None) -> Iterator[Output]:
        """The CLI asks whether a tool may run. `plan` is the plan as far as it was seen."""
        ask = line.request
        if ask.tool_name == ASK and isinstance(ask.input.get("questions"), list):
            request: Request = self._question(line)
        elif ask.tool_name == PLAN:
            request = self._plan(line, plan)
        else:
            request = self._permission(line)
        key = request.permission_id if isinstance(request, PermissionRequested) else request.question_id
        self._pending[key] = _Pending(line.request_id, ask, request)
        yield request

    def cancelled(self, native_id: str) -> Iterator[Output]:
        """The CLI takes a request back."""
        for key, pending in self._pending.items():
            if pending.native_id == native_id:
                del self._pending[key]
                yield Synthetic(data=rejection(pending.request))
                return

    def answered(self, answer: Answer) -> Iterator[Write]:
        """What the CLI is told; nothing when it does not ask any more."""
        key = answer.permission_id if isinstance(answer, ReplyPermission) else answer.question_id
        pending = self._pending.pop(key, None)
        if pending is not None:
            yield self._reply(answer, pending)

    def forget(self) -> None:
        """Nobody waits for answers any more."""
        self._pending.clear()

    def _reply(self, answer: Answer, pending: _Pending) -> Write:
        native_id, ask, _ = pending
        match answer:
            case RejectQuestion():
                return deny(native_id, _PLAN_REJECTED if ask.tool_name == PLAN else _DISMISSED)
            case ReplyQuestion(answers=answers):
                return self._plan_reply(pending, answers) if ask.tool_name == PLAN else _answers(pending, answers)
            case ReplyPermission(reply="reject", message=message):
                return deny(native_id, message or _DENIED)
            case ReplyPermission(reply="always"):
                return allow(native_id, ask.input, [{**rule, "destination": "session"} for rule in _rules(ask)])
            case ReplyPermission():
                return allow(native_id, ask.input)

    def _plan_reply(self, pending: _Pending, answers: tuple[tuple[str, ...], ...]) -> Write:
        words = " ".join(word for chosen in answers for word in chosen).strip()
        if words.lower() == _APPROVE:
            # The CLI leaves plan mode for its default mode; the session was created with another.
            leave = [{"type": "setMode", "mode": self._mode, "destination": "session"}]
            return allow(pending.native_id, pending.ask.input, leave if self._mode in _AFTER_PLAN else None)
        if words.lower() in ("", "reject"):
            return deny(pending.native_id, _PLAN_REJECTED)
        return deny(pending.native_id, words)

    def _permission(self, line: ControlRequest) -> PermissionRequested:
        ask = line.request
        rules = _rules(ask)
        metadata = {
            "toolName": ask.tool_name,
            "input": ask.input,
            "permissionSuggestions": ask.permission_suggestions,
            "blockedPath": ask.blocked_path,
            "toolUseId": ask.tool_use_id or None,
            "itemId": self._item_id(ask),
            "description": ask.description,
            "always": ", ".join(_words(rules)) if rules else _own_rule(ask),
            "alwaysBy": "agent" if rules else "daemon",
        }
        return PermissionRequested(permission_id=line.request_id, action=ask.tool_name, metadata=metadata)

    def _question(self, line: ControlRequest) -> QuestionRequested:
        ask = line.request
        questions = tuple(_question_of(as_dict(each)) for each in as_list(ask.input["questions"]))
        first = questions[0] if questions else Question(question="")
        return QuestionRequested(
            question_id=ask.tool_use_id or line.request_id,
            prompt=first.question,
            options=tuple(choice.label for choice in first.options),
            questions=questions,
            item_id=self._item_id(ask),
        )

    def _plan(self, line: ControlRequest, plan: str | None) -> QuestionRequested:
        ask = line.request
        given = ask.input.get("plan")
        choices = (Choice(label=_APPROVE), Choice(label="reject"))
        return QuestionRequested(
            question_id=ask.tool_use_id or line.request_id,
            prompt=_PLAN_PROMPT,
            options=tuple(choice.label for choice in choices),
            questions=(Question(question=_PLAN_PROMPT, options=choices),),
            plan=given if isinstance(given, str) else plan,
            item_id=self._item_id(ask),
        )

    def _item_id(self, ask: PermissionAsk) -> str | None:
        """The item of the call. A subagent's request comes before its call, which then takes this id."""
        return self._items.id_of(ask.tool_use_id) if ask.tool_use_id else None


_AFTER_PLAN = ("acceptEdits", "bypassPermissions")


def _rules(ask: PermissionAsk) -> list[dict[str, Any]]:
    """The rules that `always` may add. The CLI also suggests to accept all edits or whole folders: never those."""
    return [
        suggestion
        for suggestion in ask.permission_suggestions or []
        if suggestion.get("type") == "addRules"
        and suggestion.get("behavior") == "allow"
        and as_list(suggestion.get("rules"))
    ]


def _words(rules: list[dict[str, Any]]) -> Iterator[str]:
    for suggestion in rules:
        for each in as_list(suggestion["rules"]):
            rule = as_dict(each)
            content = rule.get("ruleContent")
            yield f"{rule.get('toolName')}({content})" if content else str(rule.get("toolName"))


def _own_rule(ask: PermissionAsk) -> str:
    """What the daemon remembers where the CLI proposes no rule: this tool on this very file or input."""
    for key in ("file_path", "notebook_path", "path"):
        if isinstance(ask.input.get(key), str):
            return f"{ask.tool_name}({ask.input[key]})"
    return f"{ask.tool_name}({encode(ask.input).decode()})"


def _question_of(entry: dict[str, Any]) -> Question:
    header = entry.get("header")
    return Question(
        question=str(entry.get("question", "")),
        header=header if isinstance(header, str) else None,
        options=tuple(_choice(each) for each in as_list(entry.get("options"))),
        multi_select=entry.get("multiSelect") is True,
    )


def _choice(entry: object) -> Choice:
    option = as_dict(entry)
    description = option.get("description")
    label = option.get("label", entry)
    return Choice(label=str(label), description=description if isinstance(description, str) else None)


def _answers(pending: _Pending, answers: tuple[tuple[str, ...], ...]) -> Write:
    questions = cast("QuestionRequested", pending.request).questions
    given = {
        question.question: ", ".join(chosen) for question, chosen in zip(questions, answers, strict=False) if chosen
    }
    return allow(pending.native_id, {**pending.ask.input, "answers": given})
