"""Both clients are one: the same names, the same arguments, and everything they give has a public name."""

from __future__ import annotations

import inspect
import re
import typing
from pathlib import Path
from typing import Any

import msgspec
import pytest

import sandbox_agent
from sandbox_agent import (
    AsyncEventStream,
    AsyncFiles,
    AsyncRequestStream,
    AsyncSandboxAgent,
    AsyncSession,
    AsyncTurn,
    EventStream,
    Files,
    RequestStream,
    SandboxAgent,
    Session,
    Turn,
)
from sandbox_agent.client.calls import Call
from sandbox_agent.schema.api import CreateSessionResponse

TYPING = (Path(__file__).parents[2] / "typing_tests" / "test_surface.py").read_text()
PAIRS = [
    (SandboxAgent, AsyncSandboxAgent),
    (Session, AsyncSession),
    (Files, AsyncFiles),
    (EventStream, AsyncEventStream),
    (RequestStream, AsyncRequestStream),
    (Turn, AsyncTurn),
]
HIDDEN = {Call, CreateSessionResponse}
"""What methods are made of and nobody gets."""


def public(kind: type) -> set[str]:
    return {name for name in dir(kind) if not name.startswith("_")}


def function(kind: type, name: str) -> Any:
    """What stands behind a method, a property or a call."""
    value = inspect.getattr_static(kind, name)
    if isinstance(value, property):
        return value.fget
    return getattr(value, "_make", None) or getattr(value, "__func__", value)


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_both_clients_have_the_same_names_and_arguments(blocking: type, asynchronous: type) -> None:
    shared = public(blocking) - {"delivered"}  # `await turn` gives it
    assert shared == public(asynchronous)
    for name in shared:
        one, other = (inspect.signature(function(kind, name)).parameters.values() for kind in (blocking, asynchronous))
        assert [(each.name, each.kind, each.default) for each in one] == [
            (each.name, each.kind, each.default) for each in other
        ], name


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_what_must_be_closed_closes_with_its_block(blocking: type, asynchronous: type) -> None:
    closes = blocking is not Files
    assert ("__enter__" in dir(blocking), "__aenter__" in dir(asynchronous)) == (closes, closes)


@pytest.mark.parametrize(("blocking", "asynchronous"), PAIRS)
def test_everything_a_method_takes_or_gives_has_a_public_name(blocking: type, asynchronous: type) -> None:
    for kind in (blocking, asynchronous):
        for name in public(kind):
            for found in structs(typing.get_type_hints(function(kind, name))):
                assert found.__name__ in sandbox_agent.__all__, f"{found.__name__} of {kind.__name__}.{name}"


def structs(*hints: object) -> set[type]:
    """The classes of ours in annotations, and those that their fields are made of."""
    found, todo = set[type](), [*hints]
    while todo:
        hint = todo.pop()
        todo += hint.values() if isinstance(hint, dict) else hint if isinstance(hint, list) else typing.get_args(hint)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct) and hint not in found | HIDDEN:
            found.add(hint)
            todo.append(typing.get_type_hints(hint))
    return found


def test_the_walk_through_annotations_goes_all_the_way() -> None:
    reached = {each.__name__ for each in structs(typing.get_type_hints(function(Session, "events")))}
    assert {"EventPage", "Event"} <= reached


@pytest.mark.parametrize("kind", [SandboxAgent, Session, Files, Turn], ids=lambda kind: kind.__name__)
def test_type_checkers_see_every_method_twice(kind: type) -> None:
    for name in public(kind) - {"delivered"}:
        assert len(re.findall(rf"\.{name}\b", TYPING)) >= 2, name
