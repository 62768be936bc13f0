"""The turn contract, rules 7 to 10 and what it adds: answers, items, order, the unknown.

`test_turn_contract.py` has the rules before.
"""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from tests.contract.answering import answered, asked_both, of, types
from tests.contract.shells import Failing
from tests.runtime.parrot import agent

from sandbox_agent.agents.mock.script import COMMANDS, EXTRAS, SENTENCES
from sandbox_agent.schema.events import decode_event
from sandbox_agent.schema.grammar import check

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"


# 7. Answers are idempotent and exact

ANSWERS: dict[str, tuple[str, Any, Any]] = {
    "permission": ("permissions/mock_1_permission/reply", {"reply": "once"}, {"reply": "reject"}),
    "question": ("questions/mock_1_question/reply", {"answers": [["Red"]]}, {"answers": [["Blue"]]}),
}


@pytest.mark.parametrize("asked", ANSWERS)
async def test_7_the_same_answer_again_is_204_and_another_is_409_already_resolved(running: Any, asked: str) -> None:
    await running.create()
    await asked_both(running, asked)
    path, answer, other = ANSWERS[asked]
    for _ in range(2):
        assert (await running.client.post(f"{ONE}/{path}", json=answer)).status_code == 204
    refused = await running.client.post(f"{ONE}/{path}", json=other)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sandbox-agent:error:already_resolved")
    assert len(of(await running.events(), f"{asked}.resolved")) == 1


@pytest.mark.parametrize("asked", ANSWERS)
async def test_7_what_the_end_of_the_turn_refused_is_409_already_resolved(running: Any, asked: str) -> None:
    await running.create()
    await asked_both(running, asked)
    path, answer, _ = ANSWERS[asked]
    await running.client.post(f"{ONE}/interrupt")
    await running.until("turn.ended")
    refused = await running.client.post(f"{ONE}/{path}", json=answer)
    assert (refused.status_code, refused.json()["type"]) == (409, "urn:sandbox-agent:error:already_resolved")


async def test_7_always_covers_the_same_command_and_no_other_of_its_category(running: Any) -> None:
    await running.create()
    await asked_both(running, "permission")  # echo mock, and a file
    for name, reply in [("mock_1_permission", "always"), ("mock_1_permission_denied", "once")]:
        await running.client.post(f"{ONE}/permissions/{name}/reply", json={"reply": reply})
    await running.until("turn.ended")
    await running.turn("List files in the current directory using available tools.")  # ls
    (pending,) = (await running.client.get(ONE)).json()["permissions"]
    assert (pending["action"], pending["metadata"]["command"]) == ("command_execution", "ls")


# 8. Item grammar


@pytest.mark.parametrize("message", ["hello", "slow 3", "flood 2", *COMMANDS, *EXTRAS, *SENTENCES])
async def test_8_every_log_obeys_the_grammar(running: Any, message: str) -> None:
    await running.create()
    events = await answered(running, message)
    check(decode_event(msgspec.json.encode(event)) for event in events)
    assert types(events)[-1] in {"turn.ended", "session.ended"}


async def test_8_a_tool_call_and_its_result_are_two_items_with_one_call_id(running: Any) -> None:
    await running.create()
    items = [data["item"] for data in of(await running.turn("tool"), "item.completed")]
    call, result = (next(each for each in items if each["kind"] == kind) for kind in ("tool_call", "tool_result"))
    assert call["item_id"] != result["item_id"]
    assert call["content"][0]["call_id"] == result["content"][0]["call_id"]
    assert result["status"] == "failed"


# 9. Order and identity


async def test_9_pages_a_stream_and_a_reconnect_at_any_point_give_the_same_bytes(running: Any) -> None:
    await running.create()
    await running.turn("markdown")
    body = (await running.client.get(f"{ONE}/events")).text
    whole = [msgspec.json.encode(each).decode() for each in json.loads(body)["events"]]
    for offset in range(len(whole)):
        page = (await running.client.get(f"{ONE}/events", params={"offset": offset})).text
        frames = running.stream(f"{ONE}/events/sse", f"last-event-id: {offset}")
        streamed = [await anext(frames) for _ in whole[offset:]]
        await frames.aclose()
        assert [number for number, _ in streamed] == [str(n + 1) for n in range(offset, len(whole))]
        assert "[" + ",".join(data for _, data in streamed) + "]" in page


# 10. Unknown is kept


async def test_10_a_message_nobody_knows_is_one_agent_unparsed_with_raw_and_the_turn_goes_on(running: Any) -> None:
    await running.create()
    await running.say("unparsed")
    assert (await running.until("turn.ended"))["data"]["reason"] == "completed"
    (event,) = [each for each in await running.events(includeRaw="true") if each["type"] == "agent.unparsed"]
    assert event["data"] == {"error": "unsupported payload", "location": "mock.stream", "raw_hash": None}
    assert event["raw"] == {"type": "strange", "payload": {"from": "mock_1"}}


async def test_10_noise_and_stderr_are_no_events_and_are_shown_when_the_process_fails(serve: Any) -> None:
    async with serve(agents={"parrot": agent(Failing)}) as running:
        await running.create(agent="parrot")
        await running.turn("anything")
        await running.client.post(f"{ONE}/permissions/p/reply", json={"reply": "once"})
        ended = (await running.until("turn.ended"))["data"]
        told = types(await running.events())
        assert told[1:] == ["turn.started", "permission.requested", "permission.resolved", "turn.ended"]
        assert (ended["reason"], ended["exit_code"]) == ("agent_exited", 3)
        assert ended["stderr"]["head"].splitlines() == ["noise", "its last words"]


# Additive fields and routes


async def test_added_get_session_tells_its_state_and_what_is_pending(running: Any) -> None:
    await running.create()
    assert (await running.client.get(ONE)).json()["state"] == "idle"
    await asked_both(running, "permission")
    info = (await running.client.get(ONE)).json()
    assert (info["state"], len(info["permissions"]), info["questions"]) == ("waiting", 2, [])
    await running.client.post(f"{ONE}/terminate")
    assert (await running.client.get(ONE)).json()["state"] == "ended"


async def test_added_get_session_of_a_turn_is_running(serve: Any) -> None:
    async with serve(pace=0.001) as running:
        await running.create()
        await running.say("slow 100000")
        assert (await running.client.get(ONE)).json()["state"] == "running"


async def test_added_keep_alive_of_silent_streams_is_every_15_seconds(serve: Any) -> None:
    async with serve(keep_alive=0.05) as running:
        await running.create()
        frames = running.stream(f"{ONE}/events/sse")
        assert [(await anext(frames))[0] for _ in range(2)] == ["1", ":"]
        await frames.aclose()
