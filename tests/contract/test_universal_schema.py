"""The event schema, table by table: envelope, types and their data, items and their parts, order, causes."""

from __future__ import annotations

import re
from typing import Any

import msgspec
import pytest
from tests.contract.events import short

from sandbox_agent.schema import content
from sandbox_agent.schema.events import EVENT_TYPES

pytestmark = pytest.mark.anyio

ENVELOPE = "event_id sequence time session_id native_session_id synthetic source type data raw".split()  # noqa: SIM905
MESSAGES = ["hello", "markdown", "tool", "status", "image", "unknown", "error", "permission", "question"]


_LIVED: list[dict[str, Any]] = []


@pytest.fixture
async def events(serve: Any) -> list[dict[str, Any]]:
    """One session in which everything happens, lived once for all tests."""
    if not _LIVED:
        async with serve() as running:
            _LIVED.extend(await live(running))
    return _LIVED


async def live(running: Any) -> list[dict[str, Any]]:
    await running.create()
    for message in MESSAGES:
        await running.turn(message)
        while (detail := (await running.client.get("/v1/sessions/s")).json())["state"] != "idle":
            for each in detail["permissions"]:
                path = f"/v1/sessions/s/permissions/{each['permission_id']}/reply"
                await running.client.post(path, json={"reply": "once"})
            for each in detail["questions"]:
                await running.client.post(f"/v1/sessions/s/questions/{each['question_id']}/reject")
    await running.client.post("/v1/sessions/s/terminate")
    found: list[dict[str, Any]] = await running.events()
    return found


# 1. Envelope


async def test_envelope_has_every_key_always(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert sorted(event) == sorted(ENVELOPE)


async def test_envelope_event_id_is_evt_sequence_and_sequence_has_no_gaps(events: list[dict[str, Any]]) -> None:
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert [event["event_id"] for event in events] == [f"evt_{number}" for number in range(1, len(events) + 1)]


async def test_envelope_time_is_rfc_3339_in_utc_with_fractions(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+Z", event["time"])
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)


async def test_envelope_ids_source_and_raw(events: list[dict[str, Any]]) -> None:
    for event in events:
        assert (event["session_id"], event["native_session_id"], event["raw"]) == ("s", "mock-s", None)
        assert event["source"] in {"agent", "daemon"}
        assert event["source"] == "daemon" or not event["synthetic"]


# 2. Types and their data

DATA: dict[str, tuple[set[str], set[str]]] = {
    "session.started": ({"metadata"}, set()),
    "session.ended": ({"reason", "terminated_by"}, {"message", "exit_code", "stderr"}),
    "turn.started": ({"phase"}, {"turn_id", "metadata"}),
    "turn.ended": ({"phase"}, {"turn_id", "metadata"}),
    "item.started": ({"item"}, set()),
    "item.completed": ({"item"}, set()),
    "item.delta": ({"item_id", "native_item_id", "delta"}, set()),
    "error": ({"message", "code", "details"}, set()),
    "permission.requested": ({"permission_id", "action", "status", "metadata"}, set()),
    "permission.resolved": ({"permission_id", "action", "status", "metadata"}, set()),
    "question.requested": ({"question_id", "prompt", "options", "response", "status"}, set()),
    "question.resolved": ({"question_id", "prompt", "options", "response", "status"}, set()),
    "agent.unparsed": ({"error", "location", "raw_hash"}, set()),
}
ADDITIVE = {
    "hint",
    "reason",
    "exit_code",
    "stderr",
    "message_id",
    "questions",
    "plan",
    "item_id",
    "message",
    "answers",
    "suggestions",
}
"""Fields that only our server has, in the types where they are."""


@pytest.mark.parametrize("kind", DATA)
async def test_event_type(events: list[dict[str, Any]], kind: str) -> None:
    assert kind in EVENT_TYPES
    always, sometimes = DATA[kind]
    found = [event["data"] for event in events if event["type"] == kind]
    assert found
    for data in found:
        assert always <= set(data)
        if kind != "session.started":
            assert not (set(data) - always - sometimes - ADDITIVE)


async def test_phases_statuses_and_reasons_are_words_of_the_contract(events: list[dict[str, Any]]) -> None:
    for event in events:
        data = event["data"]
        match event["type"].partition(".")[0], event["type"].rpartition(".")[2]:
            case "turn", phase:
                assert data["phase"] == phase
            case "permission", "requested":
                assert data["status"] == "requested"
            case "permission", "resolved":
                assert data["status"] in {"accept", "accept_for_session", "reject"}
            case "question", "requested":
                assert data["status"] == "requested"
            case "question", "resolved":
                assert data["status"] in {"answered", "rejected"}
            case "session", "ended":
                assert (data["reason"], data["terminated_by"]) == ("terminated", "daemon")
            case _:
                pass


ITEM = {"item_id", "native_item_id", "parent_id", "kind", "role", "content", "status"}
PARTS: dict[str, set[str]] = {
    "text": {"text"},
    "json": {"json"},
    "tool_call": {"name", "arguments", "call_id"},
    "tool_result": {"call_id", "output"},
    "file_ref": {"path", "action", "diff"},
    "reasoning": {"text", "visibility"},
    "image": {"path", "mime"},
    "status": {"label", "detail"},
}


async def test_universal_item(events: list[dict[str, Any]]) -> None:
    items = [event["data"]["item"] for event in events if "item" in event["data"]]
    for item in items:
        assert set(item) >= ITEM
        assert item["kind"] in {"message", "tool_call", "tool_result", "system", "status", "unknown"}
        assert item["role"] in {"user", "assistant", "system", "tool", None}
        assert item["status"] in {"in_progress", "completed", "failed"}
        assert re.fullmatch(r"itm_\d+", item["item_id"])


@pytest.mark.parametrize("kind", PARTS)
def test_content_part(kind: str) -> None:
    (part,) = [
        each
        for each in vars(content).values()
        if isinstance(each, type) and issubclass(each, msgspec.Struct) and each.__struct_config__.tag == kind
    ]
    fields = {field.encode_name for field in msgspec.structs.fields(part)}
    assert fields >= PARTS[kind]


# 3 and 4. Ids and order


async def test_item_ids_count_up_from_the_first_sight_of_an_item(events: list[dict[str, Any]]) -> None:
    first = list(dict.fromkeys(e["data"]["item"]["item_id"] for e in events if e["type"] == "item.started"))
    assert first == [f"itm_{number}" for number in range(1, len(first) + 1)]


async def test_session_started_is_first_and_once_and_nothing_follows_session_ended(
    events: list[dict[str, Any]],
) -> None:
    types = [event["type"] for event in events]
    assert (types[0], types.count("session.started")) == ("session.started", 1)
    assert (types[-1], types.count("session.ended")) == ("session.ended", 1)


async def test_each_item_is_started_once_then_completed_once_with_its_deltas_between(
    events: list[dict[str, Any]],
) -> None:
    seen: dict[str, list[str]] = {}
    for event in events:
        data = event["data"]
        if event["type"].startswith("item."):
            seen.setdefault(data.get("item_id") or data["item"]["item_id"], []).append(event["type"])
    for types in seen.values():
        assert types == ["item.started", *["item.delta"] * (len(types) - 2), "item.completed"]


async def test_the_deltas_of_an_item_are_its_text(events: list[dict[str, Any]]) -> None:
    said: dict[str, str] = {}
    for event in events:
        if event["type"] == "item.delta":
            said[event["data"]["item_id"]] = said.get(event["data"]["item_id"], "") + event["data"]["delta"]
        if event["type"] == "item.completed" and event["data"]["item"]["role"] == "assistant":
            item = event["data"]["item"]
            text = "".join(part["text"] for part in item["content"] if part["type"] == "text")
            assert said.get(item["item_id"], "") == text


async def test_a_message_without_deltas_gets_one_synthetic_one(events: list[dict[str, Any]]) -> None:
    assert short(events[4:7]) == [
        "item.started assistant itm_2",
        "item.delta(s) itm_2",
        "item.completed assistant itm_2",
    ]


async def test_every_turn_ends_once_with_its_id(events: list[dict[str, Any]]) -> None:
    turns = [(event["type"], event["data"]["turn_id"]) for event in events if event["type"].startswith("turn.")]
    expected = [(f"turn.{word}", f"turn_{number}") for number in range(1, 10) for word in ("started", "ended")]
    assert turns == expected


# 5. Causes of an end; the exits of agent processes are in tests/faults


async def test_cause_terminate_is_idempotent(running: Any) -> None:
    await running.create()
    for _ in range(3):
        await running.client.post("/v1/sessions/s/terminate")
    ended = [event for event in await running.events() if event["type"] == "session.ended"]
    assert [event["data"] for event in ended] == [{"reason": "terminated", "terminated_by": "daemon"}]
    assert ended[0]["synthetic"]


async def test_cause_mock_end_is_completed_by_the_agent(running: Any) -> None:
    await running.create()
    await running.say("end")
    assert (await running.until("session.ended"))["data"] == {"reason": "completed", "terminated_by": "agent"}
    assert (await running.client.get("/v1/sessions")).json()["sessions"][0]["ended"] is True


async def test_cause_terminate_in_mid_turn_closes_what_is_open(serve: Any) -> None:
    async with serve(pace=0.2) as running:
        await running.create()
        await running.say("markdown")
        await running.until("item.delta")
        await running.client.post("/v1/sessions/s/terminate")
        types = [event["type"] for event in await running.events()]
        assert types[-3:] == ["item.completed", "turn.ended", "session.ended"]
        assert (await running.events())[-2]["data"]["reason"] == "terminated"
