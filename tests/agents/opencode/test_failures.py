from __future__ import annotations

from sandbox_agent.agents.opencode.adapter import RETRIES
from sandbox_agent.schema.events import ErrorReported

from .said import CREATED, IDLE, SES, TAKEN, Chat, done, ends, errors, event, failure, reply, speaks, status


def test_an_error_is_told_once_and_is_the_reason() -> None:
    chat = Chat()
    chat.started()
    said = {"name": "APIError", "data": {"message": "bad key", "statusCode": 401}}
    chat.hear(speaks("m2"), event("session.error", sessionID=SES, error=said), IDLE)
    assert ends(chat) == []
    chat.hear(speaks("m2", error=said, time={"completed": 2}), IDLE, failure("bad key, with a trace"))
    assert errors(chat) == ["authentication_failed"]
    assert ends(chat) == ["error"]


def test_after_an_error_of_the_server_itself_its_state_is_asked_for_because_no_idle_may_follow() -> None:
    chat = Chat()
    chat.started()
    broke = {"name": "UnknownError", "data": {"message": "PlatformError: NotFound\n    at hw (/chunk.js:71:4288)"}}
    chat.hear(event("session.error", sessionID=SES, error=broke))
    assert [each.data.message for each in chat.events if isinstance(each.data, ErrorReported)] == [
        "PlatformError: NotFound"
    ]
    assert (chat.keys[-1], ends(chat)) == ("states", [])
    chat.hear(reply("states", body={}))
    assert ends(chat) == ["error"]


def test_an_error_before_the_message_was_taken_ends_the_turn_at_once() -> None:
    chat = Chat()
    chat.send()
    chat.hear(CREATED, TAKEN, failure('Agent not found: "nobody"'), failure("UnknownError at <anonymous>"))
    assert errors(chat) == ["invalid_request"]
    assert ends(chat) == ["error"]


def test_a_message_that_is_not_taken_is_an_error() -> None:
    chat = Chat()
    chat.send()
    chat.hear(CREATED, reply("prompt 1", 400, {"data": {"message": "no parts"}}))
    assert chat.events[-2].data == ErrorReported(
        message="the message was not taken: no parts", code="agent_error", details={"status": 400}
    )
    assert ends(chat) == ["error"]


def test_a_conversation_that_cannot_be_created_is_an_error_and_the_next_message_tries_again() -> None:
    chat = Chat()
    chat.send()
    chat.hear({"reply": "create", "error": "an answer of more than 5 bytes"})
    assert errors(chat) == ["agent_error"]
    chat.send(number=2)
    assert chat.keys == ["create", "create"]


def test_retries_are_bounded() -> None:
    chat = Chat()
    chat.started()
    chat.hear(speaks("m2"), *(status("retry", attempt=number, message="slow") for number in range(1, RETRIES + 2)))
    assert errors(chat) == ["retries_exhausted"]
    assert chat.keys[-1] == f"abort {SES}"
    chat.hear(status("retry", attempt=RETRIES + 2, message="slow"), done("m2"), IDLE)
    assert errors(chat) == ["retries_exhausted"]
    assert ends(chat) == ["error"]


def test_an_error_of_a_subagent_is_no_error_of_the_turn() -> None:
    chat = Chat()
    chat.started()
    chat.hear(event("session.created", sessionID="ses_2", info={"id": "ses_2", "parentID": SES}))
    chat.hear(speaks("m2"), failure("bad key", session="ses_2"), event("session.idle", sessionID="ses_2"))
    assert errors(chat) == []
    assert ends(chat) == []
    chat.hear(done("m2"), IDLE)
    assert ends(chat) == ["completed"]
