from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import (
    ContentPart,
    FileRefPart,
    ImagePart,
    Item,
    JsonPart,
    ReasoningPart,
    StatusPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import (
    EVENT_TYPES,
    AgentUnparsed,
    ChangedFile,
    DiffUpdated,
    ErrorReported,
    Event,
    EventData,
    ItemCompleted,
    ItemDelta,
    ItemStarted,
    PermissionRequested,
    PermissionResolved,
    QuestionRequested,
    QuestionResolved,
    SessionEnded,
    SessionStarted,
    StderrTail,
    Todo,
    TodoUpdated,
    TurnEnded,
    TurnStarted,
    Unknown,
    Usage,
    UsageUpdated,
    decode_event,
)

ITEM = Item(item_id="itm_1", kind="message")
ITEM_WIRE: dict[str, Any] = {
    "item_id": "itm_1",
    "kind": "message",
    "native_item_id": None,
    "parent_id": None,
    "role": None,
    "content": [],
    "status": "in_progress",
}
USAGE_WIRE = {
    "input_tokens": 0,
    "output_tokens": 0,
    "cache_read_tokens": 0,
    "cache_write_tokens": 0,
    "cost_usd": None,
}

BARE: list[tuple[EventData, dict[str, Any]]] = [
    (SessionStarted(), {"metadata": None}),
    (SessionEnded(reason="completed", terminated_by="agent"), {"reason": "completed", "terminated_by": "agent"}),
    (TurnStarted(), {"phase": "started"}),
    (TurnEnded(), {"phase": "ended"}),
    (ItemStarted(item=ITEM), {"item": ITEM_WIRE}),
    (ItemCompleted(item=ITEM), {"item": ITEM_WIRE}),
    (ItemDelta(item_id="itm_1", delta="a"), {"item_id": "itm_1", "native_item_id": None, "delta": "a"}),
    (ErrorReported(message="no"), {"message": "no", "code": None, "details": None}),
    (
        PermissionRequested(permission_id="p", action="act"),
        {"permission_id": "p", "action": "act", "status": "requested", "metadata": None},
    ),
    (
        PermissionResolved(permission_id="p", action="act", status="accept_for_session"),
        {"permission_id": "p", "action": "act", "status": "accept_for_session", "metadata": None},
    ),
    (
        QuestionRequested(question_id="q", prompt="why?"),
        {
            "question_id": "q",
            "prompt": "why?",
            "options": [],
            "response": None,
            "status": "requested",
            "questions": [],
            "plan": None,
            "item_id": None,
        },
    ),
    (
        QuestionResolved(question_id="q", prompt="why?", status="answered"),
        {
            "question_id": "q",
            "prompt": "why?",
            "status": "answered",
            "options": [],
            "response": None,
            "answers": None,
        },
    ),
    (AgentUnparsed(error="what?", location="here"), {"error": "what?", "location": "here", "raw_hash": None}),
    (
        UsageUpdated(turn=Usage(), session=Usage()),
        {"turn": USAGE_WIRE, "session": USAGE_WIRE, "context_window": None},
    ),
    (TodoUpdated(todos=()), {"todos": []}),
    (DiffUpdated(scope="turn", files=()), {"scope": "turn", "files": [], "diff": None, "truncated": False}),
]
"""Each event type with nothing that may be left out, and its keys on the wire."""

FULL: list[EventData] = [
    SessionEnded(
        reason="error",
        terminated_by="agent",
        message="no",
        exit_code=1,
        stderr=StderrTail(truncated=True, head="a", tail="b", total_lines=90),
    ),
    TurnStarted(turn_id="turn_1", metadata={"a": [1]}, message_id="msg_1"),
    TurnEnded(turn_id="turn_1", reason="agent_exited", exit_code=-9, stderr=StderrTail(truncated=False, head="a")),
    TodoUpdated(todos=(Todo(id="1", content="do", status="pending"),)),
    DiffUpdated(
        scope="session",
        files=(ChangedFile(path="a", change="added", additions=1, deletions=2, shown=False),),
        diff="--- /dev/null\n",
        truncated=True,
    ),
    UsageUpdated(turn=Usage(input_tokens=1, cost_usd=0.5), session=Usage(output_tokens=2), context_window=200_000),
]

PARTS: list[tuple[ContentPart, dict[str, Any]]] = [
    (TextPart(text="a"), {"type": "text", "text": "a"}),
    (JsonPart(json={"a": None}), {"type": "json", "json": {"a": None}}),
    (
        ToolCallPart(name="n", arguments="{}", call_id="c"),
        {"type": "tool_call", "name": "n", "arguments": "{}", "call_id": "c"},
    ),
    (ToolResultPart(call_id="c", output="o"), {"type": "tool_result", "call_id": "c", "output": "o"}),
    (FileRefPart(path="p", action="read"), {"type": "file_ref", "path": "p", "action": "read", "diff": None}),
    (ReasoningPart(text="r", visibility="private"), {"type": "reasoning", "text": "r", "visibility": "private"}),
    (ImagePart(path="p"), {"type": "image", "path": "p", "mime": None}),
    (StatusPart(label="l"), {"type": "status", "label": "l", "detail": None}),
]


def event(data: EventData) -> Event:
    return Event(event_id="evt_1", sequence=1, time="t", session_id="s", type=data.TYPE, data=data)


@pytest.mark.parametrize(("data", "wire"), BARE, ids=lambda value: getattr(value, "TYPE", ""))
def test_data_has_exactly_the_keys_of_the_contract(data: EventData, wire: dict[str, Any]) -> None:
    assert json.loads(encode(data)) == wire


@pytest.mark.parametrize("data", [*(data for data, _ in BARE), *FULL], ids=lambda data: str(data.TYPE))
def test_every_event_survives_the_wire(data: EventData) -> None:
    assert decode_event(encode(event(data))) == event(data)


def test_every_event_type_is_covered_here() -> None:
    assert {data.TYPE for data, _ in BARE} == set(EVENT_TYPES)


@pytest.mark.parametrize(("part", "wire"), PARTS, ids=lambda value: type(value).__name__)
def test_every_content_part_survives_the_wire_with_its_keys(part: ContentPart, wire: dict[str, Any]) -> None:
    data = ItemCompleted(item=msgspec.structs.replace(ITEM, content=(part,)))
    assert json.loads(encode(data))["item"]["content"] == [wire]
    assert decode_event(encode(event(data))).data == data


def test_every_key_of_the_envelope_is_always_there() -> None:
    assert set(json.loads(encode(event(SessionStarted())))) == {
        "event_id",
        "sequence",
        "time",
        "session_id",
        "native_session_id",
        "synthetic",
        "source",
        "type",
        "data",
        "raw",
    }


def test_an_event_type_of_the_future_is_kept_as_it_came() -> None:
    wire = {**json.loads(encode(event(SessionStarted()))), "type": "moon.phase", "data": {"phase": "full"}}
    decoded = decode_event(json.dumps(wire))
    assert (decoded.type, decoded.data) == ("moon.phase", Unknown(data={"phase": "full"}))


def test_keys_of_the_future_are_no_obstacle() -> None:
    wire = json.loads(encode(event(ItemDelta(item_id="itm_1", delta="a"))))
    wire["data"]["speed"] = wire["weight"] = 1
    assert decode_event(json.dumps(wire)) == event(ItemDelta(item_id="itm_1", delta="a"))


def test_known_data_of_a_wrong_shape_is_an_error() -> None:
    wire = {**json.loads(encode(event(SessionStarted()))), "type": "item.delta", "data": {"delta": 1}}
    with pytest.raises(msgspec.ValidationError):
        decode_event(json.dumps(wire))
