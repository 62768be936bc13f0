from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter import Fork, SessionOptions
from sandbox_agent.runtime.forks import Forks
from sandbox_agent.schema.errors import InvalidRequest


def forks(**options: Any) -> Forks:
    return Forks(SessionOptions(session_id="s", **options))


def test_a_fork_begins_after_the_last_turn_that_has_ended_or_after_another_one() -> None:
    places = forks()
    places.reached("turn_1", "native", "a")
    places.reached("turn_2", "native", "b")
    assert places.after(None) == Fork(native_id="native", position="b")
    assert places.after("turn_1") == Fork(native_id="native", position="a")


def test_a_conversation_that_the_agent_lost_is_not_forked_as_the_new_one() -> None:
    places = forks()
    places.reached("turn_1", "lost", "a")
    places.reached("turn_2", "found", "b")
    assert places.after("turn_1") == Fork(native_id="lost", position="a")


def test_before_the_first_turn_there_is_what_the_session_began_with() -> None:
    assert forks().after(None) is None
    assert forks(resume="native").after(None) == Fork(native_id="native")
    begun = Fork(native_id="native", position="a")
    assert forks(fork=begun).after(None) == begun


def test_a_turn_that_has_not_ended_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="turn_3") as refused:
        forks().after("turn_3")
    assert refused.value.session_id == "s"
    assert refused.value.hint is not None


def test_a_place_in_no_conversation_is_none() -> None:
    places = forks()
    places.reached("turn_1", None, "a")
    assert places.after(None) is None
