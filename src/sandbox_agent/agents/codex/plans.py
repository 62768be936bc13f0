"""Plans: the one to approve that ends a turn of plan mode, and the list of steps that Codex ticks off."""

from __future__ import annotations

from typing import Any, Literal

from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_text
from sandbox_agent.agents.codex.native import ThreadItem
from sandbox_agent.schema.commands import RejectQuestion, ReplyQuestion
from sandbox_agent.schema.events import Choice, Question, QuestionRequested, Todo

__all__ = ["Plans", "todos"]

_PROMPT = "Approve plan execution?"
_APPROVE, _REJECT = "approve", "reject"
_STATUS: dict[str, Literal["pending", "in_progress", "completed"]] = {
    "completed": "completed",
    "inProgress": "in_progress",
}


class Plans:
    """Remembers the plan until the user has said what to do with it."""

    def __init__(self, items: Items) -> None:
        self._items = items
        self._count = 0
        self._item_id = ""
        self.plan = ""
        self.question_id: str | None = None
        """While the user is asked."""

    @property
    def message_id(self) -> str:
        """Under which the decision goes to Codex."""
        return f"plan_{self._count}"

    def proposed(self, item: ThreadItem) -> None:
        """Codex proposes a plan."""
        self.plan, self._item_id = as_text(item.text), item.id

    def ask(self) -> QuestionRequested:
        """Ask the user, as other agents do."""
        self._count += 1
        self.question_id = self.message_id
        choices = (Choice(label=_APPROVE), Choice(label=_REJECT))
        return QuestionRequested(
            question_id=self.question_id,
            prompt=_PROMPT,
            options=(_APPROVE, _REJECT),
            questions=(Question(question=_PROMPT, options=choices),),
            plan=self.plan,
            item_id=self._items.known(self._item_id),
        )

    def decided(self, given: ReplyQuestion | RejectQuestion) -> str | None:
        """Nothing to say when the plan is approved, the user's words about it, or None when it is rejected."""
        self.forget()
        if isinstance(given, RejectQuestion):
            return None
        words = " ".join(word for chosen in given.answers for word in chosen).strip()
        if words.lower() == _APPROVE:
            return ""
        return None if words.lower() in {"", _REJECT} else words

    def forget(self) -> None:
        """There is nothing to decide any more."""
        self.plan, self.question_id = "", None


def todos(steps: list[Any]) -> tuple[Todo, ...]:
    """The list of steps, from `turn/plan/updated`."""
    entries = enumerate(map(as_dict, steps), 1)
    return tuple(
        Todo(
            id=str(number),
            content=as_text(entry.get("step")),
            status=_STATUS.get(as_text(entry.get("status")), "pending"),
        )
        for number, entry in entries
    )
