from __future__ import annotations

import pytest

from sandbox_agent.adapter import Exited, Spawn
from sandbox_agent.schema.commands import Interrupt
from sandbox_agent.schema.events import AgentUnparsed

from .said import (
    CONNECTED,
    CREATED,
    IDLE,
    SES,
    TAKEN,
    Chat,
    delta,
    done,
    ends,
    errors,
    event,
    failure,
    info,
    part,
    reply,
    speaks,
    status,
    text,
    tool,
    user,
)

# The course of a turn


def test_the_first_message_starts_a_server_creates_a_conversation_and_is_given_to_it() -> None:
    chat = Chat()
    chat.send("hello")
    assert [type(effect).__name__ for effect in chat.effects] == ["Spawn", "Write"]
    assert chat.keys == ["create"]
    chat.hear(CONNECTED, CREATED)
    assert chat.keys == ["create", "prompt 1"]
    assert chat.written[1]["path"] == f"/session/{SES}/prompt_async"
    assert chat.written[1]["body"]["parts"] == [{"type": "text", "text": "hello"}]
    assert chat.native_session_id == SES


def test_later_messages_are_given_to_the_same_conversation() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), done("m2"), IDLE)
    chat.send("more", number=2)
    assert chat.keys == ["create", "prompt 1", "prompt 2"]
    assert len([effect for effect in chat.effects if isinstance(effect, Spawn)]) == 1


def test_a_turn_is_over_when_the_conversation_is_idle_and_the_last_message_complete() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), text("p1", "", over=False), delta("p1", "hi"), text("p1", "hi"), done("m2"))
    assert ends(chat) == []
    chat.hear(IDLE)
    assert ends(chat) == ["completed"]
    assert chat.texts == ["hi"]
    chat.hear(IDLE, status("idle"))
    assert ends(chat) == ["completed"]


def test_the_first_of_two_idles_does_not_cut_the_last_words() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), text("p1", "", over=False), delta("p1", "hi"))
    chat.command(Interrupt())
    chat.hear(failure("Aborted", "MessageAbortedError"), IDLE)
    assert ends(chat) == []
    chat.hear(text("p1", "hi there"), done("m2"))
    assert ends(chat) == ["interrupted"]
    assert chat.texts == ["hi there"]
    assert errors(chat) == []
    chat.hear(IDLE)
    assert ends(chat) == ["interrupted"]


def test_a_late_idle_of_the_turn_before_does_not_end_the_next() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), done("m2"), IDLE)
    chat.send("more", number=2)
    chat.hear(IDLE)
    assert ends(chat) == ["completed"]
    chat.hear(reply("prompt 2", 204), user("m3"), IDLE)
    assert ends(chat) == ["completed"]
    assert chat.keys[-1] == "states"
    chat.hear(reply("states", body={SES: {"type": "busy"}}))
    assert ends(chat) == ["completed"]
    chat.hear(speaks("m4"), done("m4"), IDLE)
    assert ends(chat) == ["completed", "completed"]


def test_what_is_idle_without_a_word_is_believed_once_its_state_says_so() -> None:
    chat = Chat()
    chat.started()
    chat.hear(IDLE, reply("states", body={}))
    assert ends(chat) == ["completed"]


def test_busy_again_takes_an_idle_back() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), IDLE, status("busy"), done("m2"))
    assert ends(chat) == []
    chat.hear(IDLE)
    assert ends(chat) == ["completed"]


def test_a_message_is_steered_into_a_running_turn_only() -> None:
    chat = Chat()
    chat.send()
    chat.send("left", number=2, steer=True)
    assert chat.queued == 1
    chat = Chat()
    chat.started()
    chat.send("left", number=2, steer=True)
    assert chat.keys[-1] == "prompt 2"
    chat.hear(reply("prompt 2", 204), user("m3"), event("message.part.updated", part=part("p9", "m3", type="text")))
    assert [item.content[0].text for item in chat.items if item.role == "user"] == ["hello", "left"]  # type: ignore[union-attr]


def test_a_message_that_came_too_late_to_steer_has_a_turn_of_its_own() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"))
    chat.send("left", number=2, steer=True)
    chat.hear(done("m2"), IDLE)
    assert ends(chat) == ["completed"]
    chat.hear(user("m3"))
    assert chat.types[-1] == "turn.started"
    chat.hear(speaks("m4"), text("p2", "left it is", message_id="m4"), done("m4"), IDLE)
    assert ends(chat) == ["completed", "completed"]
    assert chat.texts == ["left it is"]


# Interrupts


def test_an_interrupt_before_the_conversation_is_open_drops_the_message() -> None:
    chat = Chat()
    chat.send()
    chat.command(Interrupt())
    assert ends(chat) == ["interrupted"]
    chat.hear(CREATED)
    assert chat.keys == ["create"]
    chat.send("again", number=2)
    assert chat.keys == ["create", "prompt 1"]


def test_a_message_after_that_waits_for_the_same_conversation() -> None:
    chat = Chat()
    chat.send()
    chat.command(Interrupt())
    chat.send("again", number=2)
    assert chat.keys == ["create"]
    chat.hear(CREATED)
    assert chat.written[-1]["body"]["parts"][0]["text"] == "again"


def test_an_interrupt_before_the_message_was_taken_is_repeated_once_it_was() -> None:
    chat = Chat()
    chat.send()
    chat.hear(CREATED)
    chat.command(Interrupt())
    assert chat.keys[-1] == f"abort {SES}"
    chat.hear(TAKEN, user("m1"))
    assert chat.keys[-2:] == [f"abort {SES}"] * 2
    chat.hear(IDLE)
    assert ends(chat) == ["interrupted"]


def test_an_interrupt_aborts_subagents_that_work() -> None:
    chat = Chat()
    chat.started()
    chat.hear(event("session.created", sessionID="ses_2", info={"id": "ses_2", "parentID": SES}))
    chat.hear(status("busy", "ses_2"))
    chat.command(Interrupt())
    assert chat.keys[-2:] == [f"abort {SES}", "abort ses_2"]


# The end of the server


def test_a_server_that_dies_before_it_took_the_message_is_started_again_once() -> None:
    chat = Chat()
    chat.send()
    chat.hear(CREATED)
    chat.exited(Exited(exit_code=-9))
    assert ends(chat) == []
    assert chat.keys == ["create", "prompt 1", "find"]
    chat.exited(Exited(exit_code=-9))
    assert ends(chat) == ["agent_exited"]


def test_a_server_that_dies_in_the_turn_ends_it_and_the_next_message_finds_the_conversation() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), tool("p1", "bash", "running"))
    chat.exited(Exited(exit_code=-9))
    assert ends(chat) == ["agent_exited"]
    chat.send("again", number=2)
    assert (chat.keys[-1], chat.written[-1]["path"]) == ("find", f"/session/{SES}")
    chat.hear(reply("find", body={"id": SES}))
    assert chat.keys[-1] == "prompt 2"


def test_a_server_that_cannot_be_started_is_an_error() -> None:
    chat = Chat()
    chat.send()
    chat.exited(Exited(error="no such program"))
    assert errors(chat) == ["agent_start_failed"]
    assert ends(chat) == ["error"]


# Resuming


def test_a_named_conversation_is_looked_for_and_its_id_is_quoted() -> None:
    chat = Chat(resume="../x?y")
    chat.send()
    assert chat.written[0]["path"] == "/session/..%2Fx%3Fy"


@pytest.mark.parametrize("status_code", [404, 500])
def test_a_named_conversation_that_is_not_there_is_an_error_and_the_next_one_is_new(status_code: int) -> None:
    chat = Chat(resume="ses_9")
    chat.send()
    chat.hear(reply("find", status_code, {"name": "NotFoundError"}))
    assert errors(chat) == ["resume_failed"]
    chat.send(number=2)
    assert chat.keys == ["find", "create"]


def test_a_lost_conversation_of_our_own_begins_anew() -> None:
    chat = Chat()
    chat.started()
    chat.hear(done("m2"), IDLE)
    chat.exited(Exited(exit_code=0))
    chat.send("again", number=2)
    chat.hear(reply("find", 404), reply("create", body={"id": "ses_5"}))
    assert chat.keys[-3:] == ["find", "create", "prompt 2"]
    assert chat.native_session_id == "ses_5"
    assert errors(chat) == []


# After a time without the event stream


def test_what_happened_meanwhile_is_asked_for_and_told_once() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), text("p1", "", over=False), delta("p1", "half "), CONNECTED)
    assert chat.keys[-4:] == [f"messages {SES}", "permissions", "questions", "states"]
    chat.hear(delta("p1", "le"))
    listing = [
        {"info": info("m0", "user"), "parts": [part("p0", "m0", type="text", text="long ago")]},
        {"info": info("m1", "user"), "parts": [part("p8", "m1", type="text", text="hello")]},
        {
            "info": info("m2", "assistant", time={"completed": 3}),
            "parts": [part("p1", "m2", type="text", text="half whole", time={"end": 2})],
        },
    ]
    chat.hear(reply(f"messages {SES}", body=listing), reply("permissions", body=[]), reply("questions", body=[]))
    assert ends(chat) == []
    chat.hear(reply("states", body={}))
    assert ends(chat) == ["completed"]
    assert chat.texts == ["half whole"]


def test_a_permission_asked_for_meanwhile_is_told() -> None:
    chat = Chat()
    chat.started()
    chat.hear(CONNECTED)
    ask = {"id": "per_1", "sessionID": SES, "permission": "bash", "patterns": ["ls"], "always": ["ls *"]}
    chat.hear(reply("permissions", body=[ask, {"id": "per_2", "sessionID": "ses_of_another"}, 5]))
    assert list(chat.keeper.pending) == ["per_1"]


def test_at_rest_nothing_is_asked() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), done("m2"), IDLE, CONNECTED)
    assert chat.keys == ["create", "prompt 1"]


# Strangers


def test_what_is_about_another_conversation_is_not_heard() -> None:
    chat = Chat()
    chat.started()
    before = len(chat.events)
    chat.hear(text("p1", "x", session="ses_7"), speaks("m9", "ses_7"), failure("x", session="ses_7"))
    chat.hear(event("session.idle", sessionID="ses_7"), event("new.thing", sessionID="ses_7"))
    assert len(chat.events) == before


@pytest.mark.parametrize(
    "line",
    [
        event("new.thing", sessionID=SES),
        event("message.part.updated", part=part("p1", type="hologram")),
        event("message.part.updated", part=5),
        delta("p1", "x", field="colour"),
        {"type": "no_such_type"},
        {},
    ],
)
def test_what_nobody_knows_is_kept(line: dict[str, object]) -> None:
    chat = Chat()
    chat.started()
    chat.hear(line)
    assert isinstance(chat.last, AgentUnparsed)
    chat.hear(done("m2"), IDLE)
    assert ends(chat) == ["completed"]
