from __future__ import annotations

import base64

import pytest

from sandbox_agent.schema.commands import AttachedFile, SendMessage
from sandbox_agent.schema.content import FileRefPart, ImagePart, ReasoningPart, StatusPart, TextPart
from sandbox_agent.schema.events import ItemDelta, Todo, TodoUpdated, UsageUpdated

from .said import CREATED, IDLE, SES, Chat, delta, done, event, part, speaks, text, updated, user


@pytest.fixture
def chat() -> Chat:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"))
    return chat


def test_thoughts_stream_like_text(chat: Chat) -> None:
    chat.hear(updated("p1", type="reasoning", text="", time={"start": 1}), delta("p1", "hm"))
    chat.hear(updated("p1", type="reasoning", text="hm hm", time={"start": 1, "end": 2}))
    assert chat.items[-1].content == (ReasoningPart(text="hm hm"),)
    assert [each.data.delta for each in chat.events if isinstance(each.data, ItemDelta)] == ["hm", " hm"]


def test_a_text_that_began_before_it_was_heard_is_whole(chat: Chat) -> None:
    chat.hear(text("p1", "half", over=False), delta("p1", " whole"), text("p1", "half whole"))
    assert chat.texts == ["half whole"]


def test_words_of_the_server_in_the_users_place_are_notes(chat: Chat) -> None:
    chat.hear(user("m3"), event("message.part.updated", part=part("p3", "m3", type="text", text="What did we do?")))
    assert chat.items[-1].role == "system"
    assert chat.items[-1].content == (TextPart(text="What did we do?"),)


@pytest.mark.parametrize(
    ("told", "label"),
    [
        (updated("p1", type="compaction", auto=True), "compacting"),
        (event("session.compacted", sessionID=SES), "compacted"),
        (updated("p1", type="retry", attempt=1, error={"data": {"message": "busy"}}), "retry"),
    ],
)
def test_what_it_does_beside_is_a_status(chat: Chat, told: dict[str, object], label: str) -> None:
    chat.hear(told)
    (content,) = chat.items[-1].content
    assert isinstance(content, StatusPart)
    assert content.label == label


def test_files_that_a_step_changed_and_that_the_model_gives_are_told(chat: Chat) -> None:
    chat.hear(updated("p1", type="patch", hash="h", files=["/p/a", "/p/b"]))
    assert chat.items[-1].content == tuple(FileRefPart(path=path, action="patch") for path in ("/p/a", "/p/b"))
    chat.hear(updated("p2", type="file", mime="image/png", url="data:image/png;base64,AA"))
    assert chat.items[-1].content == (ImagePart(path="data:image/png;base64,AA", mime="image/png"),)
    before = len(chat.events)
    chat.hear(updated("p3", type="patch", files=[]), updated("p4", type="snapshot"), updated("p5", type="step-start"))
    assert len(chat.events) == before


def test_steps_are_counted_once(chat: Chat) -> None:
    step = updated(
        "p1", type="step-finish", cost=0.5, tokens={"input": 5, "output": 2, "reasoning": 1, "cache": {"read": 3}}
    )
    chat.hear(step, step, done("m2"), IDLE)
    (usage,) = [each.data for each in chat.events if isinstance(each.data, UsageUpdated)]
    assert (usage.turn.input_tokens, usage.turn.output_tokens, usage.turn.cache_read_tokens) == (5, 3, 3)
    assert usage.turn.cost_usd == 0.5


def test_the_to_do_list_leaves_out_what_was_cancelled(chat: Chat) -> None:
    entries = [
        {"content": "a", "status": "completed"},
        {"content": "b", "status": "cancelled"},
        {"content": "c", "status": "new word"},
    ]
    chat.hear(event("todo.updated", sessionID=SES, todos=entries))
    assert chat.last == TodoUpdated(
        todos=(Todo(id="1", content="a", status="completed"), Todo(id="3", content="c", status="pending"))
    )


def test_attachments_are_parts_as_the_model_can_take_them() -> None:
    files = (
        AttachedFile(path="/p/a.png", mime="image/png", filename="a.png", data=b"\x89"),
        AttachedFile(path="/p/b.json", mime="application/json", filename="b.json", data=b"{}"),
        AttachedFile(path="/p/c.bin", mime="application/octet-stream", filename="c.bin", data=b"\xff\x00"),
    )
    chat = Chat(model="a/b/c", variant="high", agent_mode="pirate", instructions="Be brief.")
    chat.command(SendMessage(message_id="msg_1", text="look", files=files))
    chat.hear(CREATED)
    body = chat.written[-1]["body"]
    assert [each["type"] for each in body["parts"]] == ["text", "file", "file", "text"]
    assert body["parts"][1]["url"] == f"data:image/png;base64,{base64.b64encode(files[0].data).decode()}"
    assert body["parts"][2]["mime"] == "text/plain"
    assert "/p/c.bin" in body["parts"][3]["text"]
    assert body["model"] == {"providerID": "a", "modelID": "b/c"}
    assert (body["variant"], body["agent"], body["system"]) == ("high", "pirate", "Be brief.")
    assert chat.written[-1]["query"] == {"directory": "/tmp/project"}  # noqa: S108
