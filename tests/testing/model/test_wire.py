from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sandbox_agent.testing import Reply, Usage, call, cut, emit, fail, flood, reply, say, stall, think
from sandbox_agent.testing.model.playing import Break, Hold, Refuse, Send, Wait
from sandbox_agent.testing.model.wire import HALF_EVENT, answer, error, stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox_agent.testing.model.playing import Act


def acts(said: Reply) -> list[Act]:
    ids = count(1)
    return list(stream(said, "msg_1", "model", lambda: f"toolu_{next(ids)}"))


def frames(data: bytes) -> Iterator[dict[str, Any]]:
    for part in data.decode().split("\n\n")[:-1]:
        name, _, value = part.partition("\n")
        event = msgspec.json.decode(value.removeprefix("data: "))
        assert name == f"event: {event['type']}"
        yield event


def events(said: Reply) -> list[dict[str, Any]]:
    return list(frames(b"".join(act.data for act in acts(said) if isinstance(act, Send))))


def whole(said: Reply) -> dict[str, Any]:
    ids = count(1)
    (act,) = answer(said, "msg_1", "model", lambda: f"toolu_{next(ids)}")
    assert isinstance(act, Send)
    message: dict[str, Any] = msgspec.json.decode(act.data)
    return message


def shapes(said: Reply) -> list[str]:
    return [event.get("delta", {}).get("type", event["type"]) for event in events(said)]


def test_a_stream_opens_and_closes_its_message_and_each_block() -> None:
    assert shapes(reply(think("hm"), say("yes"), call("Bash", {"command": "ls"}))) == [
        "message_start",
        "ping",
        "content_block_start",
        "thinking_delta",
        "signature_delta",
        "content_block_stop",
        "content_block_start",
        "text_delta",
        "content_block_stop",
        "content_block_start",
        "input_json_delta",
        "content_block_stop",
        "message_delta",
        "message_stop",
    ]


def test_text_is_cut_by_chunk_and_given_deltas_are_kept() -> None:
    said = reply(say("abcde", chunk=2), say(["x", "yz"]))
    texts = [event["delta"]["text"] for event in events(said) if event["type"] == "content_block_delta"]
    assert texts == ["ab", "cd", "e", "x", "yz"]
    assert whole(said)["content"] == [{"type": "text", "text": "abcdexyz"}]


def test_texts_can_stand_apart() -> None:
    assert whole(reply(say("a"), say("b", apart=True)))["content"] == [
        {"type": "text", "text": "a"},
        {"type": "text", "text": "b"},
    ]


def test_two_calls_have_blocks_and_ids_of_their_own() -> None:
    message = whole(reply(call("A", {"n": 1}), call("B", {"text": "x" * 200}, id="mine")))
    assert message["content"] == [
        {"type": "tool_use", "id": "toolu_1", "name": "A", "input": {"n": 1}},
        {"type": "tool_use", "id": "mine", "name": "B", "input": {"text": "x" * 200}},
    ]
    assert message["stop_reason"] == "tool_use"


def test_the_stop_reason_and_the_usage_can_be_set() -> None:
    usage = Usage(input_tokens=7, output_tokens=9, cache_read_input_tokens=3, cache_creation_input_tokens=1)
    message = whole(reply(say("a"), usage=usage, stop="max_tokens"))
    assert message["stop_reason"] == "max_tokens"
    assert message["usage"] == {
        "input_tokens": 7,
        "output_tokens": 9,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 1,
    }


def test_output_tokens_are_guessed_from_the_characters() -> None:
    assert whole(reply(say("a" * 40)))["usage"]["output_tokens"] == 10


def test_an_empty_reply_is_a_message_without_content() -> None:
    assert whole(reply())["content"] == []
    assert shapes(reply()) == ["message_start", "ping", "message_delta", "message_stop"]


def test_a_flood_is_numbered_without_a_gap() -> None:
    deltas = [event["delta"] for event in events(reply(flood(500))) if event["type"] == "content_block_delta"]
    assert [int(delta["text"].strip(". ")) for delta in deltas] == list(range(500))


def test_an_event_of_ones_own_is_sent_as_it_is() -> None:
    assert {"type": "odd", "x": [1]} in events(reply(emit({"type": "odd", "x": [1]})))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, "invalid_request_error"),
        (401, "authentication_error"),
        (529, "overloaded_error"),
        (418, "invalid_request_error"),
        (503, "api_error"),
    ],
)
def test_each_status_has_the_error_type_of_the_provider(status: int, kind: str) -> None:
    assert error(status, "why") == {"type": "error", "error": {"type": kind, "message": "why"}}


def test_a_failure_at_the_start_is_a_status() -> None:
    (act,) = acts(reply(fail(429, retry_after=3), say("never")))
    assert isinstance(act, Refuse)
    assert (act.status, act.retry_after) == (429, 3)


def test_a_failure_later_is_an_error_event_that_ends_the_stream() -> None:
    *_, last = events(reply(say("half"), fail(529, "busy"), say("never")))
    assert last == error(529, "busy")


def test_a_cut_leaves_half_an_event() -> None:
    *_, half, last = acts(reply(say("half"), cut()))
    assert (half, last) == (Send(HALF_EVENT), Break(reset=False))


def test_a_cut_between_events_leaves_whole_ones() -> None:
    *_, before, last = acts(reply(say("half"), cut("close")))
    assert isinstance(before, Send)
    assert before.data.endswith(b"\n\n")
    assert last == Break(reset=False)


def test_a_reset_is_told_from_a_close() -> None:
    assert acts(reply(cut("reset"))) == [Break(reset=True)]


def test_a_stall_in_the_middle_keeps_the_block_open() -> None:
    said = reply(say("a"), stall("gate"), stall(seconds=2), say("b"))
    kept = [act for act in acts(said) if not isinstance(act, Send)]
    assert kept == [Hold("gate"), Wait(2)]
    assert shapes(said).count("content_block_start") == 1


def test_pace_waits_before_each_delta() -> None:
    assert [act for act in acts(reply(say("abc", chunk=1, pace=0.5))) if isinstance(act, Wait)] == [Wait(0.5)] * 3


def test_a_whole_message_fails_and_breaks_like_a_stream() -> None:
    (refused,) = answer(reply(say("half"), fail(500)), "m", "model", str)
    (broken,) = answer(reply(say("half"), cut("reset")), "m", "model", str)
    held, *_ = answer(reply(say("half"), stall("x")), "m", "model", str)
    assert isinstance(refused, Refuse)
    assert (broken, held) == (Break(reset=True), Hold("x"))
