from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.agents.codex.elicitations import content_of, questions_of, url_question

AGREED: dict[str, Any] = {"action": "accept", "content": {}, "_meta": None}
DECLINED = {"action": "decline", "content": None, "_meta": None}


def form(**properties: Any) -> dict[str, Any]:
    return {"requestedSchema": {"properties": properties}}


@pytest.mark.parametrize(("words", "reply"), [(("accept",), AGREED), (("yes",), AGREED), (("decline",), DECLINED)])
def test_a_form_without_fields_asks_for_consent(words: tuple[str, ...], reply: Any) -> None:
    (question,) = questions_of("Go on?", {})
    assert [choice.label for choice in question.options] == ["accept", "decline"]
    assert content_of({}, (words,)) == reply


def test_a_page_to_visit_is_named() -> None:
    assert url_question("Log in", "https://example.test").question == "Log in\nhttps://example.test"


def test_choices_come_from_wherever_a_schema_has_them() -> None:
    properties = {
        "one": {"type": "string", "enum": ["a", "b"]},
        "two": {"type": "string", "oneOf": [{"const": "c", "title": "C"}]},
        "many": {"type": "array", "items": {"enum": ["d", "e"]}, "title": "Many", "description": "of them"},
        "flag": {"type": "boolean"},
    }
    one, two, many, flag = questions_of("Pick", {"properties": properties})
    labels = [[choice.label for choice in each.options] for each in (one, two, many, flag)]
    assert labels == [["a", "b"], ["c"], ["d", "e"], ["yes", "no"]]
    assert (many.multi_select, many.question, one.multi_select) == (True, "Pick\nMany: of them", False)


@pytest.mark.parametrize(
    ("kind", "chosen", "value"),
    [
        ("string", ("x",), "x"),
        ("boolean", ("yes",), True),
        ("boolean", ("no",), False),
        ("integer", ("7",), 7),
        ("number", ("1.5",), 1.5),
        ("number", ("many",), "many"),
        ("array", ("a", "b"), ["a", "b"]),
    ],
)
def test_each_value_has_the_type_of_its_field(kind: str, chosen: tuple[str, ...], value: Any) -> None:
    assert content_of(form(field={"type": kind}), (chosen,))["content"] == {"field": value}


def test_a_field_without_an_answer_is_left_out() -> None:
    fields = form(a={"type": "string"}, b={"type": "string"})
    assert content_of(fields, ((), ("x",)))["content"] == {"b": "x"}
