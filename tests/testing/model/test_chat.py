from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sandbox_agent.testing import Reply, Usage, call, cut, emit, fail, flood, reply, say, stall, think
from sandbox_agent.testing.model.chat import DONE, HALF_EVENT, answer, error, stream
from sandbox_agent.testing.model.playing import Break, Hold, Refuse, Send, Wait

if TYPE_CHECKING:
    from sandbox_agent.testing.model.playing import Act


def acts(said: Reply) -> list[Act]:
    ids = count(1)
    return list(stream(said, "chatcmpl-1", "model", lambda: f"call_{next(ids)}"))


def chunks(said: Reply) -> list[dict[str, Any]]:
    data = b"".join(act.data for act in acts(said) if isinstance(act, Send))
    assert data.endswith(DONE)
    frames = data.removesuffix(DONE).split(b"\n\n")[:-1]
    return [msgspec.json.decode(frame.removeprefix(b"data: ")) for frame in frames]


def deltas(said: Reply) -> list[dict[str, Any]]:
    return [choice["delta"] for chunk in chunks(said) for choice in chunk["choices"]]


def whole(said: Reply) -> dict[str, Any]:
    ids = count(1)
    (act,) = answer(said, "chatcmpl-1", "model", lambda: f"call_{next(ids)}")
    assert isinstance(act, Send)
    completion: dict[str, Any] = msgspec.json.decode(act.data)
    return completion


def test_a_stream_says_who_speaks_then_thoughts_then_words() -> None:
    assert deltas(reply(think("hm"), say(["ye", "s"]))) == [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "hm"},
        {"content": "ye"},
        {"content": "s"},
        {},
    ]


def test_a_call_comes_by_name_and_then_its_arguments_in_pieces() -> None:
    first, *pieces = [each["tool_calls"][0] for each in deltas(reply(call("bash", {"command": "ls"}, chunk=5)))[1:-1]]
    assert (first["index"], first["id"], first["function"]["name"]) == (0, "call_1", "bash")
    assert "".join(each["function"]["arguments"] for each in pieces) == '{"command":"ls"}'


def test_parallel_calls_have_numbers_of_their_own() -> None:
    calls = [each["tool_calls"][0] for each in deltas(reply(call("a"), call("b", id="mine")))[1:-1]]
    assert [(each["index"], each["id"]) for each in calls if "id" in each] == [(0, "call_1"), (1, "mine")]


@pytest.mark.parametrize(
    ("said", "reason"),
    [(reply(say("x")), "stop"), (reply(call("x")), "tool_calls"), (reply(say("x"), stop="max_tokens"), "length")],
)
def test_the_reason_to_stop_has_this_apis_own_word(said: Reply, reason: str) -> None:
    reasons = [choice["finish_reason"] for chunk in chunks(said) for choice in chunk["choices"]]
    assert reasons[-1] == reason
    assert set(reasons[:-1]) == {None}


def test_usage_comes_last_and_counts_the_cache_as_input() -> None:
    usage = Usage(input_tokens=10, output_tokens=7, cache_read_input_tokens=5)
    last = chunks(reply(say("x"), usage=usage))[-1]
    assert last["choices"] == []
    assert last["usage"]["prompt_tokens"] == 15
    assert last["usage"]["completion_tokens"] == 7
    assert last["usage"]["prompt_tokens_details"] == {"cached_tokens": 5}


def test_a_failure_at_the_beginning_is_a_status_and_later_an_event() -> None:
    (refused,) = acts(reply(fail(429, "slow down", retry_after=2)))
    assert refused == Refuse(429, msgspec.json.encode(error(429, "slow down")), 2)
    *_, late = acts(reply(say("x"), fail(500, "oh")))
    assert isinstance(late, Send)
    assert msgspec.json.decode(late.data.removeprefix(b"data: "))["error"]["message"] == "oh"


def test_a_cut_breaks_within_an_event_or_between_two() -> None:
    *_, half, broken = acts(reply(say("x"), cut()))
    assert (half, broken) == (Send(HALF_EVENT), Break(reset=False))
    *_, before, broken = acts(reply(say("x"), cut("close")))
    assert before != Send(HALF_EVENT)
    assert broken == Break(reset=False)
    assert acts(reply(cut("reset"))) == [Break(reset=True)]


def test_silence_is_passed_on() -> None:
    assert acts(reply(stall("door"), say("x")))[0] == Hold("door")
    assert acts(reply(stall(seconds=2), say("x")))[0] == Wait(2)


def test_a_flood_is_numbered_and_an_event_goes_out_as_it_is() -> None:
    assert [each["content"] for each in deltas(reply(flood(2, 8)))[1:-1]] == ["......0 ", "......1 "]
    assert {"choices": [], "odd": 1} in chunks(reply(emit({"choices": [], "odd": 1})))


def test_without_a_stream_the_completion_comes_whole() -> None:
    completion = whole(reply(think("hm"), say(["ye", "s"]), call("a", {"b": 1}), call("c")))
    assert completion["object"] == "chat.completion"
    (choice,) = completion["choices"]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] == "yes"
    assert choice["message"]["reasoning_content"] == "hm"
    assert [each["function"] for each in choice["message"]["tool_calls"]] == [
        {"name": "a", "arguments": '{"b":1}'},
        {"name": "c", "arguments": "{}"},
    ]
    assert completion["usage"]["completion_tokens"] > 0
