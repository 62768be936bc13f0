from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.testing import NO_MORE_REPLIES, ModelRequest, Script, call, fail, reply, say, when
from sandbox_agent.testing.model.director import Director
from sandbox_agent.testing.model.script import script_of


def asked(*prompts: str, session: str = "s") -> ModelRequest:
    messages: list[dict[str, Any]] = [{"role": "user", "content": prompt} for prompt in prompts]
    return ModelRequest(1, "/v1/messages", {"x-claude-code-session-id": session}, {"messages": messages})


def test_replies_come_in_order_and_then_a_clear_last_word() -> None:
    director = Director(script_of([say("a"), say("b")]))
    assert [director.reply(asked("x")) for _ in range(4)] == [
        reply(say("a")),
        reply(say("b")),
        reply(say(NO_MORE_REPLIES)),
        reply(say(NO_MORE_REPLIES)),
    ]


def test_a_looping_script_begins_again() -> None:
    director = Director(Script(replies=(reply(say("a")), reply(say("b"))), loop=True))
    assert [director.reply(asked("x")) for _ in range(3)] == [reply(say(each)) for each in "aba"]


def test_a_looping_script_without_replies_still_ends_the_turn() -> None:
    assert Director(Script(loop=True)).reply(asked("x")) == reply(say(NO_MORE_REPLIES))


def test_each_session_plays_the_script_from_its_beginning() -> None:
    director = Director(script_of([say("a"), say("b")]))
    said = [director.reply(asked("x", session=session)) for session in ("one", "two", "one")]
    assert said == [reply(say("a")), reply(say("a")), reply(say("b"))]


def test_a_session_can_have_a_script_of_its_own() -> None:
    director = Director(script_of([say("all")]))
    director.play(script_of([say("mine")]), "one")
    assert director.reply(asked("x", session="one")) == reply(say("mine"))
    assert director.reply(asked("x", session="two")) == reply(say("all"))


def test_a_new_script_starts_at_its_beginning_and_leaves_sessions_with_their_own_alone() -> None:
    director = Director(script_of([say("a"), say("b")]))
    director.play(script_of([say("1"), say("2")]), "own")
    assert director.reply(asked("x", session="own")) == reply(say("1"))
    director.reply(asked("x"))
    director.play(script_of([say("c")]))
    assert director.reply(asked("x")) == reply(say("c"))
    assert director.reply(asked("x", session="own")) == reply(say("2"))


def test_a_rule_answers_its_prompt_and_takes_nothing_from_the_order() -> None:
    director = Director(script_of([say("ordered"), when("^SAY (.*)", say("$1 and $2"))]))
    assert director.reply(asked("SAY yes")) == reply(say("yes and $2"))
    assert director.reply(asked("else")) == reply(say("ordered"))


def test_groups_are_filled_into_tool_inputs_too() -> None:
    director = Director(script_of([when("RUN (.*)", call("Bash", {"command": "$1", "list": ["$1"], "n": 1}))]))
    assert director.reply(asked("RUN ls")) == reply(call("Bash", {"command": "ls", "list": ["ls"], "n": 1}))


def test_dollars_of_a_rule_without_groups_are_left_alone() -> None:
    director = Director(script_of([when("RUN", call("Bash", {"command": "echo $1"}))]))
    assert director.reply(asked("RUN")) == reply(call("Bash", {"command": "echo $1"}))


def test_the_replies_of_a_rule_go_on_within_a_turn_and_start_again_at_the_next_prompt() -> None:
    director = Director(script_of([when("go", say("1"), say("2"))]))
    first = [director.reply(asked("go")) for _ in range(2)]
    second = director.reply(asked("go", "go"))
    assert (first, second) == ([reply(say("1")), reply(say("2"))], reply(say("1")))


def test_a_subagent_is_told_by_what_opened_its_conversation() -> None:
    director = Director(script_of([say("main"), when("", say("sub"), first="^COUNT")]))
    assert director.reply(asked("COUNT the files")) == reply(say("sub"))
    assert director.reply(asked("count with a helper")) == reply(say("main"))


def test_a_chooser_goes_first_and_may_leave_it_to_the_script() -> None:
    def choose(request: ModelRequest) -> Any:
        return say("chosen") if request.prompt == "mine" else None

    director = Director(script_of([say("script")]), choose)
    assert director.reply(asked("mine")) == reply(say("chosen"))
    assert director.reply(asked("other")) == reply(say("script"))


@pytest.mark.parametrize("times", [1, 3])
def test_failures_are_counted_per_session(times: int) -> None:
    director = Director(script_of([reply(fail(500, times=times), say("well"))]))
    for session in ("one", "two"):
        said = [director.reply(asked("x", session=session)) for _ in range(times + 1)]
        assert said == [reply(fail(500, times=times))] * times + [reply(say("well"))]
