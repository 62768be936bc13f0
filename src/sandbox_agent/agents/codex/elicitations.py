"""Forms of tool servers (MCP elicitations) as questions, and answers as the content they ask for."""

from __future__ import annotations

from typing import Any

from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.schema.events import Choice, Question

__all__ = ["accepted", "content_of", "declined", "questions_of", "url_question"]

_YES, _NO = "yes", "no"
_AGREE = (Choice(label="accept"), Choice(label="decline"))


def questions_of(prompt: str, schema: dict[str, Any]) -> tuple[Question, ...]:
    """One question for each property of the form; a form without any asks for consent."""
    properties = as_dict(schema.get("properties"))
    if not properties:
        return (Question(question=prompt, options=_AGREE),)
    return tuple(_question(prompt, name, as_dict(entry)) for name, entry in properties.items())


def url_question(prompt: str, url: str) -> Question:
    """The server wants the user to visit a page."""
    return Question(question=f"{prompt}\n{url}", options=_AGREE)


def content_of(params: dict[str, Any], answers: tuple[tuple[str, ...], ...]) -> dict[str, Any]:
    """The reply to an elicitation."""
    properties = as_dict(as_dict(params.get("requestedSchema")).get("properties"))
    if not properties:
        words = {word.lower() for chosen in answers for word in chosen}
        return accepted({}) if words & {"accept", _YES} else declined()
    given = zip(properties.items(), answers, strict=False)
    return accepted({name: _value(as_dict(entry), chosen) for (name, entry), chosen in given if chosen})


def accepted(content: dict[str, Any], *, persist: str | None = None) -> dict[str, Any]:
    """The reply of who agrees; `persist` says for how long."""
    return {"action": "accept", "content": content, "_meta": {"persist": persist} if persist else None}


def declined() -> dict[str, Any]:
    """The reply of who does not."""
    return {"action": "decline", "content": None, "_meta": None}


def _question(prompt: str, name: str, entry: dict[str, Any]) -> Question:
    title = as_text(entry.get("title")) or name
    more = as_text(entry.get("description"))
    if entry.get("type") == "boolean":
        options: tuple[Choice, ...] = (Choice(label=_YES), Choice(label=_NO))
    else:
        options = tuple(Choice(label=str(each)) for each in _words(entry))
    text = f"{prompt}\n{title}: {more}" if more else f"{prompt}\n{title}"
    return Question(question=text, header=title, options=options, multi_select=entry.get("type") == "array")


def _words(entry: dict[str, Any]) -> list[Any]:
    inner = as_dict(entry.get("items")) or entry
    choices = as_list(inner.get("oneOf")) or as_list(inner.get("anyOf"))
    return as_list(inner.get("enum")) or [as_dict(each)["const"] for each in choices if "const" in as_dict(each)]


def _value(entry: dict[str, Any], chosen: tuple[str, ...]) -> Any:
    match entry.get("type"):
        case "array":
            return list(chosen)
        case "boolean":
            return chosen[0].lower() in {_YES, "true"}
        case "integer" | "number":
            return _number(chosen[0])
        case _:
            return chosen[0]


def _number(word: str) -> int | float | str:
    for kind in (int, float):
        try:
            return kind(word)
        except ValueError:
            continue
    return word
