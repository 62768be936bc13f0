"""What OpenCode asks of the user: permissions and questions.

Its own `always` holds for every session of the server, so it is never used: the daemon remembers the rule for this
session and answers `once` each time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox_agent.adapter import Output, Write
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.calls import Calls
from sandbox_agent.agents.opencode.files import plain_diff
from sandbox_agent.agents.opencode.native import (
    Call,
    PermissionAsked,
    PermissionReplied,
    QuestionAsked,
    QuestionRejected,
    QuestionReplied,
)
from sandbox_agent.agents.opencode.tools import Tools
from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion, SendMessage
from sandbox_agent.schema.events import (
    Choice,
    PermissionRequested,
    PermissionResolved,
    PermissionStatus,
    Question,
    QuestionRequested,
    QuestionResolved,
)

__all__ = ["Asks"]

_PLAN_EXIT = "plan_exit"
_PLAN_PROMPT = "Approve plan execution?"
_APPROVE, _REJECT = "approve", "reject"
_STATUS: dict[str, PermissionStatus] = {"once": "accept", "always": "accept_for_session", "reject": "reject"}


class Asks:
    """The requests that wait for an answer."""

    def __init__(self, items: Items, tools: Tools, calls: Calls, last_text: Callable[[], str]) -> None:
        self._last_text = last_text
        self._words: SendMessage | None = None
        self._items = items
        self._tools = tools
        self._calls = calls
        self._permissions: dict[str, PermissionAsked] = {}
        self._questions: dict[str, QuestionRequested] = {}

    def forget(self) -> None:
        """The server is gone, and with it whoever waits."""
        self._permissions.clear()
        self._questions.clear()

    # From the agent

    def permission(self, ask: PermissionAsked) -> Iterator[Output]:
        """A tool asks to act."""
        if ask.id in self._permissions:
            return
        self._permissions[ask.id] = ask
        self._tools.asked(ask)
        yield PermissionRequested(permission_id=ask.id, action=ask.permission, metadata=self._metadata(ask))

    def replied(self, reply: PermissionReplied) -> Iterator[Output]:
        """A permission was answered, by us or by another client of the server."""
        ask = self._permissions.pop(reply.request_id, None)
        if ask is not None:
            status = _STATUS.get(reply.reply, "reject")
            yield PermissionResolved(permission_id=ask.id, action=ask.permission, status=status)

    def question(self, ask: QuestionAsked) -> Iterator[Output]:
        """A tool asks the user."""
        if ask.id in self._questions:
            return
        if self._tools.name_of(self._tools.part_of(ask.tool.message_id, ask.tool.call_id)) == _PLAN_EXIT:
            yield self._plan(ask)
            return
        questions = tuple(_question(as_dict(each)) for each in as_list(ask.questions))
        first = questions[0] if questions else Question(question="")
        request = QuestionRequested(
            question_id=ask.id,
            prompt=first.question,
            options=tuple(choice.label for choice in first.options),
            questions=questions,
            item_id=self._item_id(ask.tool),
        )
        self._questions[ask.id] = request
        yield request

    def _plan(self, ask: QuestionAsked) -> QuestionRequested:
        choices = (Choice(label=_APPROVE), Choice(label=_REJECT))
        request = QuestionRequested(
            question_id=ask.id,
            prompt=_PLAN_PROMPT,
            options=tuple(choice.label for choice in choices),
            questions=(Question(question=_PLAN_PROMPT, options=choices),),
            plan=self._tools.plan or self._last_text(),
            item_id=self._item_id(ask.tool),
        )
        self._questions[ask.id] = request
        return request

    def question_over(self, reply: QuestionReplied | QuestionRejected) -> Iterator[Output]:
        """A question was answered or refused, by us or by another client of the server."""
        asked = self._questions.pop(reply.request_id, None)
        if asked is None:
            return
        given = as_list(reply.answers) if isinstance(reply, QuestionReplied) else None
        answers = None if given is None else tuple(tuple(map(str, as_list(each))) for each in given)
        yield QuestionResolved(
            question_id=asked.question_id,
            prompt=asked.prompt,
            status="rejected" if answers is None else "answered",
            options=asked.options,
            response=next(iter(answers[0]), None) if answers else None,
            answers=answers,
        )

    # From the session

    def answered(self, answer: ReplyPermission | ReplyQuestion | RejectQuestion) -> Iterator[Write]:
        """Pass an answer on."""
        match answer:
            case ReplyPermission(permission_id=key, reply=reply, message=message) if key in self._permissions:
                del self._permissions[key]
                refused = reply == "reject"
                yield self._calls.permission(key, "reject" if refused else "once", message if refused else None)
            case ReplyQuestion(question_id=key, answers=answers) if key in self._questions:
                asked = self._questions.pop(key)
                yield self._calls.answer(key, answers) if asked.plan is None else self._on_plan(key, answers)
            case RejectQuestion(question_id=key) if key in self._questions:
                del self._questions[key]
                yield self._calls.dismiss(key)
            case _:
                pass

    def more_words(self) -> SendMessage | None:
        """What the user wants otherwise in a plan: it is rejected by choice, so the words follow as a message."""
        words, self._words = self._words, None
        return words

    def _on_plan(self, key: str, answers: tuple[tuple[str, ...], ...]) -> Write:
        """Approved, the agent that builds goes on in the same turn, and answers from now on."""
        words = " ".join(word for each in answers for word in each).strip()
        if words.lower() == _APPROVE:
            self._calls.agent = "build"
            return self._calls.answer(key, (("Yes",),))
        if words.lower() not in ("", _REJECT):
            self._words = SendMessage(message_id=key, text=words)
        return self._calls.answer(key, (("No",),))

    def _metadata(self, ask: PermissionAsked) -> dict[str, Any]:
        told = as_dict(ask.metadata)
        part = self._tools.part_of(ask.tool.message_id, ask.tool.call_id)
        return {
            "toolName": self._tools.name_of(part) or ask.permission,
            "input": {key: value for key, value in told.items() if key != "diff"},
            "patterns": ask.patterns,
            "diff": plain_diff(told.get("diff")),
            "toolUseId": ask.tool.call_id or None,
            "itemId": self._item_id(ask.tool),
            "description": told.get("description"),
            "always": _rule(ask),
            "alwaysBy": "daemon",
        }

    def _item_id(self, call: Call) -> str | None:
        """The item of the call that asks, which was told to be pending before."""
        return self._items.known(self._tools.part_of(call.message_id, call.call_id))


def _rule(ask: PermissionAsked) -> str:
    """What `always` remembers: the patterns the server proposes; where that is everything, what was asked for."""
    proposed = [pattern for pattern in ask.always if pattern.strip("*")]
    whole = len(proposed) == len(ask.always) and proposed
    return f"{ask.permission}({', '.join(proposed if whole else ask.patterns)})"


def _question(entry: dict[str, Any]) -> Question:
    header = entry.get("header")
    return Question(
        question=str(entry.get("question", "")),
        header=header if isinstance(header, str) else None,
        options=tuple(_choice(as_dict(each)) for each in as_list(entry.get("options"))),
        multi_select=entry.get("multiple") is True,
    )


def _choice(option: dict[str, Any]) -> Choice:
    description = option.get("description")
    label = str(option.get("label", ""))
    return Choice(label=label, description=description if isinstance(description, str) else None)
