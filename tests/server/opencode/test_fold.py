"""Whatever an agent did, what OpenCode's clients hear of it makes sense."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.schema.content import Item, TextPart
from sandbox_agent.schema.events import (
    ErrorReported,
    ItemCompleted,
    PermissionRequested,
    SessionEnded,
    TurnEnded,
    TurnStarted,
)
from sandbox_agent.server.opencode.shapes import News

from .folding import GOLDEN, events_of, heard, new_fold

RECORDED = pytest.mark.parametrize(
    "path", GOLDEN, ids=lambda path: f"{path.parent.name}-{path.name.split('.events')[0]}"
)


def story(path: Path) -> tuple[Any, list[News]]:
    fold = new_fold()
    return fold, [news for event in events_of(path) for news in heard(fold, event)]


def main_only(news: list[News], kind: str) -> list[dict[str, Any]]:
    return [each.properties for each in news if each.type == kind and each.properties["sessionID"] == "ses_1"]


@RECORDED
def test_turns_of_a_recording_begin_busy_and_end_idle_once(path: Path) -> None:
    turns = [event for event in events_of(path) if isinstance(event.data, TurnStarted | TurnEnded)]
    _, news = story(path)
    words = [each["status"]["type"] for each in main_only(news, "session.status")]
    busy = [word for word in words if word == "busy"]
    assert len(busy) == sum(isinstance(event.data, TurnStarted) for event in turns)
    assert len(main_only(news, "session.idle")) == sum(isinstance(event.data, TurnEnded) for event in turns)


@RECORDED
def test_parts_of_a_recording_belong_to_messages_that_were_told_before(path: Path) -> None:
    told: set[tuple[str, str]] = set()
    parts: set[str] = set()
    _, news = story(path)
    for each in news:
        match each:
            case News("message.updated", {"info": info}):
                told.add((info["sessionID"], info["id"]))
            case News("message.part.updated", {"part": part}):
                assert (part["sessionID"], part["messageID"]) in told
                parts.add(part["id"])
            case News("message.part.delta", {"partID": id}):
                assert id in parts
            case _:
                pass


@RECORDED
def test_ids_of_a_recording_sort_as_they_were_made(path: Path) -> None:
    fold, _ = story(path)
    ids = [message["info"]["id"] for message in fold.main.messages]
    assert ids == sorted(set(ids))
    for message in fold.main.messages:
        parts = [part["id"] for part in message["parts"]]
        assert parts == sorted(set(parts))


@RECORDED
def test_deltas_of_a_recording_add_up_to_the_text(path: Path) -> None:
    fold, news = story(path)
    said: defaultdict[str, str] = defaultdict(str)
    also: defaultdict[str, str] = defaultdict(str)
    for each in news:
        if each.type == "message.part.delta":
            said[each.properties["partID"]] += each.properties["delta"]
        elif "delta" in each.properties:
            also[each.properties["part"]["id"]] += each.properties["delta"]
    threads = [fold.main, *(child.thread for child in fold.children.all)]
    texts = {part["id"]: part.get("text") for each in threads for message in each.messages for part in message["parts"]}
    assert said == also
    assert {id: texts[id] for id in said} == said


@RECORDED
def test_nothing_of_a_recording_is_left_open(path: Path) -> None:
    fold, _ = story(path)
    if fold.busy:  # the recording ends in a turn
        list(fold.take(TurnEnded(reason="terminated"), 1))
    else:
        assert fold.requests == {}
    list(fold.take(SessionEnded(reason="terminated", terminated_by="daemon"), 1))
    assert not fold.busy
    assert not any(child.busy for child in fold.children.all)
    for thread in (fold.main, *(child.thread for child in fold.children.all)):
        for message in thread.messages:
            states = [part["state"]["status"] for part in message["parts"] if part["type"] == "tool"]
            assert set(states) <= {"completed", "error"}
            assert message["info"]["role"] == "user" or "completed" in message["info"]["time"]


def test_a_message_that_came_through_the_mount_is_not_told_twice() -> None:
    fold = new_fold()
    list(fold.main.user(1, [{"type": "text", "text": "mine"}], "msg_mine"))
    fold.expect("msg_1", "msg_mine")
    item = Item(item_id="itm_1", kind="message", role="user", content=(TextPart(text="mine"),), status="completed")
    for data in (TurnStarted(turn_id="t", message_id="msg_1"), ItemCompleted(item=item), TurnEnded(reason="completed")):
        list(fold.take(data, 2))
    assert [message["info"]["role"] for message in fold.main.messages] == ["user", "assistant"]
    assert fold.answers == {"msg_mine": fold.main.messages[1]["info"]["id"]}


def test_words_into_a_running_turn_are_a_message_of_their_own() -> None:
    fold = new_fold()
    list(fold.take(TurnStarted(turn_id="t"), 1))
    for number, (role, text) in enumerate([("user", "a"), ("assistant", "b"), ("user", "c"), ("assistant", "d")]):
        content = (TextPart(text=text),)
        item = Item(item_id=f"itm_{number}", kind="message", role=role, content=content, status="completed")  # type: ignore[arg-type]
        list(fold.take(ItemCompleted(item=item), 2))
    list(fold.take(TurnEnded(reason="completed"), 3))
    infos = [message["info"] for message in fold.main.messages]
    assert [info["role"] for info in infos] == ["user", "assistant", "user", "assistant"]
    assert infos[3]["parentID"] == infos[2]["id"]


@pytest.mark.parametrize(
    ("reason", "name"),
    [
        ("completed", None),
        ("interrupted", "MessageAbortedError"),
        ("error", "UnknownError"),
        ("agent_exited", "UnknownError"),
    ],
)
def test_how_a_turn_ended_is_in_its_message(reason: Any, name: str | None) -> None:
    fold = new_fold()
    list(fold.take(TurnStarted(), 1))
    list(fold.take(TurnEnded(reason=reason), 1))
    info = fold.main.messages[-1]["info"]
    assert info.get("error", {}).get("name") == name


def test_an_error_at_rest_is_told_and_leaves_the_session_idle() -> None:
    types = [(each.type, each.properties.get("status")) for each in new_fold().take(ErrorReported(message="m"), 1)]
    assert types == [("session.error", None), ("session.status", {"type": "idle"})]


def test_two_requests_of_one_name_in_two_sessions_have_two_ids() -> None:
    asked = PermissionRequested(permission_id="p", action="Bash", metadata={"command": "ls", "always": "ls *"})
    one = new_fold()
    (first,) = one.take(asked, 1)
    assert first.properties["permission"] == "bash"
    assert (first.properties["patterns"], first.properties["always"]) == (["ls"], ["ls *"])
    assert first.properties["id"].startswith("per_")
