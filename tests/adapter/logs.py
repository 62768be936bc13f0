"""Event data at random, and the log a keeper makes of it."""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from sandbox_agent.adapter.keeper import Keeper
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
    AgentUnparsed,
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
    TodoUpdated,
    TurnEnded,
    TurnStarted,
    Unknown,
)

ids = st.sampled_from(["itm_1", "itm_2", "itm_3", "itm_1_again_2"])
keys = st.sampled_from(["one", "two"])
texts = st.sampled_from(["", " ", "a", "ab", "abc", "a\n", "b"])
parts: st.SearchStrategy[ContentPart] = st.one_of(
    st.builds(TextPart, text=texts),
    st.builds(TextPart, text=texts),
    st.builds(ReasoningPart, text=texts),
    st.builds(ToolCallPart, name=st.just("tool"), arguments=texts, call_id=keys),
    st.builds(ToolResultPart, call_id=keys, output=texts),
    st.just(JsonPart(json={"a": 1})),
    st.just(ImagePart(path="a.png")),
    st.just(FileRefPart(path="a.txt", action="read")),
    st.just(StatusPart(label="status")),
)
items = st.builds(
    Item,
    item_id=ids,
    kind=st.sampled_from(["message", "message", "tool_call", "tool_result", "status"]),
    role=st.sampled_from(["assistant", "assistant", "user", "tool", None]),
    parent_id=st.none() | ids,
    content=st.lists(parts, max_size=3).map(tuple),
    status=st.sampled_from(["in_progress", "completed", "failed"]),
)
reasons = st.sampled_from(["completed", "interrupted", "error", None])
happenings: st.SearchStrategy[EventData] = st.one_of(
    st.builds(ItemStarted, item=items),
    st.builds(ItemDelta, item_id=ids, delta=texts),
    st.builds(ItemCompleted, item=items),
    st.builds(TurnStarted, turn_id=st.none() | keys),
    st.builds(TurnEnded, turn_id=st.none() | keys, reason=reasons),
    st.builds(PermissionRequested, permission_id=keys, action=st.just("act")),
    st.builds(PermissionResolved, permission_id=keys, action=st.just("act"), status=st.just("accept")),
    st.builds(QuestionRequested, question_id=keys, prompt=st.just("why?")),
    st.builds(QuestionResolved, question_id=keys, prompt=st.just("why?"), status=st.just("answered")),
    st.sampled_from(
        [
            SessionStarted(),
            ErrorReported(message="no"),
            AgentUnparsed(error="what?", location="here"),
            TodoUpdated(todos=()),
            DiffUpdated(scope="turn", files=()),
            Unknown(data={"new": True}),
        ]
    ),
)
endings = st.builds(
    SessionEnded, reason=st.sampled_from(["completed", "error", "terminated"]), terminated_by=st.just("agent")
)


def log_of(happened: Iterable[EventData], keeper: Keeper | None = None) -> list[Event]:
    keeper = keeper or Keeper()
    kept = [kept for data in happened for kept in keeper.feed(data)]
    return [
        Event(
            event_id=f"evt_{sequence}",
            sequence=sequence,
            time="2026-01-01T00:00:00Z",
            session_id="s",
            type=data.TYPE,
            data=data,
            synthetic=synthetic,
        )
        for sequence, (data, synthetic) in enumerate(kept, 1)
    ]


def types_of(happened: Iterable[EventData]) -> list[str]:
    return [event.type for event in log_of(happened)]
