from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from sandbox_agent.testing import Reply, Usage, call, cut, emit, fail, flood, reply, say, stall, think
from sandbox_agent.testing.model.playing import Break, Hold, Refuse, Send, Wait
from sandbox_agent.testing.model.responses import HALF_EVENT, answer, error, stream

if TYPE_CHECKING:
    from sandbox_agent.testing.model.playing import Act


def acts(said: Reply) -> list[Act]:
    ids = count(1)
    return list(stream(said, "resp_1", "model", lambda: f"call_{next(ids)}"))


def events(said: Reply) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for frame in b"".join(act.data for act in acts(said) if isinstance(act, Send)).split(b"\n\n")[:-1]:
        name, _, data = frame.partition(b"\n")
        event: dict[str, Any] = msgspec.json.decode(data.removeprefix(b"data: "))
        assert name == f"event: {event['type']}".encode()
        found.append(event)
    return found


def kinds(said: Reply) -> list[str]:
    return [event["type"].removeprefix("response.") for event in events(said)]


def output(said: Reply) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = events(said)[-1]["response"]["output"]
    return items


def test_a_response_opens_and_closes_each_item() -> None:
    assert kinds(reply(think("hm"), say(["ye", "s"]), call("exec_command", {"cmd": "ls"}))) == [
        "created",
        "output_item.added",
        "reasoning_summary_part.added",
        "reasoning_summary_text.delta",
        "output_item.done",
        "output_item.added",
        "output_text.delta",
        "output_text.delta",
        "output_item.done",
        "output_item.added",
        "function_call_arguments.delta",
        "output_item.done",
        "completed",
    ]


def test_the_finished_items_hold_what_was_said() -> None:
    thought, words, called = output(reply(think("hm"), say("yes"), call("exec_command", {"cmd": "ls"})))
    assert thought["summary"] == [{"type": "summary_text", "text": "hm"}]
    assert words["content"][0]["text"] == "yes"
    assert (called["name"], called["call_id"], called["arguments"]) == ("exec_command", "call_1", '{"cmd":"ls"}')


def test_each_item_has_an_id_and_its_deltas_name_it() -> None:
    said = events(reply(say("one"), say("two", apart=True)))
    deltas = [event for event in said if event["type"] == "response.output_text.delta"]
    assert [event["item_id"] for event in deltas] == ["resp_1_0", "resp_1_1"]
    assert [event["output_index"] for event in deltas] == [0, 1]


def test_neighbouring_texts_are_one_message() -> None:
    assert [item["content"][0]["text"] for item in output(reply(say("one "), say("two")))] == ["one two"]


def test_a_freeform_call_carries_its_text_as_it_is() -> None:
    (item,) = output(reply(call("apply_patch", {"freeform": "*** Begin Patch\n"})))
    assert item["type"] == "custom_tool_call"
    assert item["input"] == "*** Begin Patch\n"


def test_a_name_with_a_slash_names_a_tool_of_a_namespace() -> None:
    (item,) = output(reply(call("mcp__notes/add", {})))
    assert (item["namespace"], item["name"]) == ("mcp__notes", "add")


def test_a_flood_is_numbered() -> None:
    deltas = [event["delta"] for event in events(reply(flood(3, 8))) if "delta" in event]
    assert deltas == ["......0 ", "......1 ", "......2 "]


def test_an_emitted_event_goes_out_as_it_is_and_a_finished_item_counts() -> None:
    item = {"type": "web_search_call", "id": "ws_1", "status": "completed"}
    done = {"type": "response.output_item.done", "output_index": 0, "item": item}
    said = events(reply(say("before"), emit(done)))
    assert done in said
    assert said[-1]["response"]["output"][-1] == item


def test_what_came_from_the_cache_is_part_of_what_went_in() -> None:
    usage = Usage(input_tokens=10, output_tokens=5, cache_read_input_tokens=20, cache_creation_input_tokens=1)
    told = events(reply(say("x"), usage=usage))[-1]["response"]["usage"]
    assert (told["input_tokens"], told["output_tokens"], told["total_tokens"]) == (31, 5, 36)
    assert told["input_tokens_details"] == {"cached_tokens": 20}


def test_a_failure_at_once_is_a_status_and_a_later_one_an_event() -> None:
    assert acts(reply(fail(429, "slow", retry_after=3))) == [
        Refuse(429, msgspec.json.encode(error(429, "slow")), 3),
    ]
    last = events(reply(say("x"), fail(413, "too long")))[-1]
    assert last["type"] == "response.failed"
    assert last["response"]["error"]["code"] == "context_length_exceeded"


@pytest.mark.parametrize(("how", "half"), [("event", True), ("reset", True), ("close", False)])
def test_a_cut_breaks_the_connection(how: Any, half: bool) -> None:
    *_, before, last = acts(reply(say("x"), cut(how)))
    assert (before == Send(HALF_EVENT)) is half
    assert last == Break(reset=how == "reset")


def test_a_stall_waits_before_anything_is_sent() -> None:
    assert acts(reply(stall("gate"), say("x")))[0] == Hold("gate")
    assert acts(reply(stall(seconds=2), say("x")))[0] == Wait(2)


def test_paced_words_wait_before_each_delta() -> None:
    assert acts(reply(say("abc", chunk=1, pace=0.5))).count(Wait(0.5)) == 3


def test_without_a_stream_the_whole_response_comes_at_once() -> None:
    (act,) = answer(reply(say("yes")), "resp_1", "model", lambda: "call")
    assert isinstance(act, Send)
    response: dict[str, Any] = msgspec.json.decode(act.data)
    assert response["status"] == "completed"
    assert response["output"][0]["content"][0]["text"] == "yes"


@pytest.mark.parametrize("step", [fail(500), cut("reset")])
def test_without_a_stream_it_may_fail_as_well(step: Any) -> None:
    (act,) = answer(reply(step), "resp_1", "model", lambda: "call")
    assert isinstance(act, Refuse | Break)
