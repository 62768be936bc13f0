from __future__ import annotations

import io

import pytest
from rich.console import Console

from sandbox_agent.cli.ask import Asker, chosen, describe, permission_reply
from sandbox_agent.schema.events import Choice, PermissionRequested, Question, QuestionRequested

COLOR = Question(question="Color?", options=(Choice(label="Red"), Choice(label="Blue")))
FRUIT = Question(question="Fruit?", options=(Choice(label="Apple"), Choice(label="Plum")), multi_select=True)


@pytest.mark.parametrize(
    ("answer", "reply"),
    [
        ("1", ("once", None)),
        ("Y", ("once", None)),
        ("always", ("always", None)),
        ("3", ("reject", None)),
        ("no, use the other file", ("reject", "use the other file")),
        ("", None),
        ("yes but only today", None),
        ("4", None),
    ],
)
def test_what_a_typed_reply_means(answer: str, reply: tuple[str, str | None] | None) -> None:
    assert permission_reply(answer) == reply


def test_answers_are_numbers_or_words() -> None:
    assert chosen(COLOR, "2") == ["Blue"]
    assert chosen(COLOR, "3") == ["3"]
    assert chosen(COLOR, "1,2") == ["1,2"]
    assert chosen(COLOR, "") == []
    assert chosen(FRUIT, "2, 1,2") == ["Plum", "Apple"]
    assert chosen(FRUIT, "1, pears") == ["1, pears"]


def test_a_permission_shows_what_and_the_exact_rule() -> None:
    asked = PermissionRequested(
        permission_id="p", action="Bash", metadata={"input": {"command": "touch a\nrm b"}, "always": "Bash(touch:*)"}
    )
    assert describe(asked) == ("touch a rm b", "Bash(touch:*)")
    screen = io.StringIO()
    asker = Asker(Console(file=screen), read=lambda _: "a")
    assert asker.permission(asked) == ("always", None)
    assert "2 always: Bash(touch:*)" in screen.getvalue()


def test_every_question_of_a_request_is_asked() -> None:
    typed = iter(["", "1", "2,1"])
    asker = Asker(Console(file=io.StringIO()), read=lambda _: next(typed))
    request = QuestionRequested(question_id="q", prompt="Color?", questions=(COLOR, FRUIT))
    assert asker.question(request) == [["Red"], ["Plum", "Apple"]]
