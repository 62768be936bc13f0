from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter import Exited, Fork
from sandbox_agent.schema.events import ErrorReported

from .said import IDLE, SES, Chat, done, info, reply, speaks, text, user

OTHER = "ses_0"


def forked(position: str | None = "m2") -> Chat:
    return Chat(fork=Fork(native_id=OTHER, position=position))


def listing(*ids: str, session: str = OTHER) -> list[dict[str, Any]]:
    return [{"info": info(each, "user", session), "parts": []} for each in ids]


@pytest.mark.parametrize(
    ("position", "body"),
    [("m2", {"messageID": "m3"}), ("m3", {}), (None, {}), ("unknown", {})],
    ids=["within", "at the end", "whole", "not there"],
)
def test_a_fork_takes_along_what_was_said_before_the_next_message(position: str | None, body: dict[str, Any]) -> None:
    chat = forked(position)
    chat.send()
    assert (chat.written[-1]["method"], chat.written[-1]["path"]) == ("GET", f"/session/{OTHER}/message")
    chat.hear(reply("origin", body=listing("m1", "m2", "m3")))
    assert (chat.written[-1]["path"], chat.written[-1]["body"]) == (f"/session/{OTHER}/fork", body)
    chat.hear(reply("create", body={"id": SES}))
    chat.hear(reply("copied", body=listing("m4", "m5", session=SES)))
    assert chat.keys == ["origin", "create", "copied", "prompt 1"]
    assert chat.native_session_id == SES


def test_copies_of_what_was_said_are_nothing_new() -> None:
    chat = forked()
    chat.send()
    chat.hear(reply("origin", body=[]), reply("create", body={"id": SES}))
    chat.hear(reply("copied", body=listing("m4", session=SES)))
    before = len(chat.events)
    chat.hear(user("m4"), text("p4", "old", message_id="m4"))
    assert len(chat.events) == before
    chat.hear(user("m6"), speaks("m7"), text("p7", "new", message_id="m7"), done("m7"), IDLE)
    assert chat.texts == ["new"]
    assert chat.position == "m7"


def test_a_fork_of_something_that_is_not_there_is_an_error_and_the_next_message_begins_anew() -> None:
    chat = forked()
    chat.send()
    chat.hear(reply("origin", status=404, body={}))
    codes = [event.data.code for event in chat.events if isinstance(event.data, ErrorReported)]
    assert codes == ["resume_failed"]
    assert OTHER in str(chat.events)
    chat.send(number=2)
    assert chat.keys == ["origin", "create"]
    assert chat.written[-1]["path"] == "/session"


def test_a_server_that_ends_on_the_way_is_asked_for_the_fork_again() -> None:
    chat = forked()
    chat.send()
    chat.hear(reply("origin", body=[]))
    chat.exited(Exited(exit_code=1))
    assert chat.keys == ["origin", "create", "origin"]
