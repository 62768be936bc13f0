from __future__ import annotations

from itertools import islice

import msgspec
import pytest

from sandbox_agent.testing import call, cut, emit, fail, flood, reply, say, stall, think, when
from sandbox_agent.testing.model.script import Reply, Script, attempts, reply_of, script_of


def test_a_reply_without_failures_is_one_answer() -> None:
    whole = reply(think("hm"), say("yes"))
    assert list(attempts(whole)) == [whole]


def test_what_follows_a_failure_answers_the_request_after_the_failed_ones() -> None:
    whole = reply(say("half"), fail(529, times=2), say("whole"), stop="refusal")
    failed = reply(say("half"), fail(529, times=2), stop="refusal")
    assert list(attempts(whole)) == [failed, failed, reply(say("whole"), stop="refusal")]


def test_a_failure_alone_is_followed_by_nothing_of_its_own() -> None:
    assert list(attempts(reply(cut()))) == [reply(cut())]


def test_a_failure_can_last_forever() -> None:
    refused = reply(fail(401, times="always"))
    assert list(islice(attempts(refused), 5)) == [refused] * 5


def test_an_empty_reply_is_still_an_answer() -> None:
    assert list(attempts(reply())) == [reply()]


def test_a_script_is_written_as_steps_lists_replies_and_rules() -> None:
    rule = when("hi", say("hello"))
    script = script_of([say("a"), [think("b"), say("c")], rule, reply(say("d"))])
    assert script == Script(replies=(reply(say("a")), reply(think("b"), say("c")), reply(say("d"))), rules=(rule,))
    assert script_of(script) is script


def test_one_step_is_a_reply() -> None:
    assert reply_of(call("Bash", {"command": "ls"})) == Reply(steps=(call("Bash", {"command": "ls"}),))


def test_flood_deltas_have_their_number_and_the_size_asked_for() -> None:
    step = flood(3, size=10)
    assert [step.text(number) for number in range(3)] == [f"{'.' * 8}{number} " for number in range(3)]


def test_a_script_survives_its_way_through_json() -> None:
    script = script_of(
        [
            reply(think("t"), say(["a", "b"]), call("X", {"y": 1}), flood(2), emit({"type": "ping"})),
            reply(fail(429, retry_after=1, times="always")),
            reply(stall("gate"), stall(seconds=1), cut("reset")),
            when("SAY (.*)", say("$1"), first="^go"),
        ]
    )
    assert msgspec.json.decode(msgspec.json.encode(script), type=Script) == script


def test_a_rule_with_a_broken_pattern_is_refused() -> None:
    with pytest.raises(ValueError, match="`prompt` is no regular expression"):
        when("(", say("never"))
