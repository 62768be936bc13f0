from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter.jsonrpc import Fault
from sandbox_agent.agents.codex.errors import error_of, fault_of


@pytest.mark.parametrize(
    ("info", "message", "code"),
    [
        ("contextWindowExceeded", "too long", "context_window_exceeded"),
        ("usageLimitExceeded", "buy more", "usage_limit"),
        ({"httpConnectionFailed": {"httpStatusCode": 429}}, "slow", "rate_limited"),
        ({"responseStreamDisconnected": {"httpStatusCode": None}}, "gone", "connection_failed"),
        ({"responseTooManyFailedAttempts": {"httpStatusCode": 502}}, "x", "server_error"),
        ({"responseTooManyFailedAttempts": {"httpStatusCode": 418}}, "x", "api_error"),
        ("other", "unexpected status 401 Unauthorized: no", "authentication_failed"),
        ("other", "exceeded retry limit, last status: 429 Too Many Requests", "rate_limited"),
        ("other", '{"error": {"message": "bad tool"}}', "invalid_request"),
        ("other", "what", "agent_error"),
        (None, "what", "agent_error"),
        (7, "what", "agent_error"),
    ],
)
def test_each_error_has_a_code(info: Any, message: str, code: str) -> None:
    assert error_of({"message": message, "codexErrorInfo": info}).code == code


@pytest.mark.parametrize(
    "body",
    ['{"error": {"message": "bad tool"}}', '{"error": "bad tool"}', '{"message": "bad tool"}', "bad tool"],
)
def test_the_sentence_is_taken_out_of_a_body(body: str) -> None:
    assert error_of({"message": body}).message == "bad tool"


def test_an_error_without_words_has_some() -> None:
    assert error_of({}).message == "the agent ended the turn with an error"
    assert fault_of(Fault(), "x").message == "the agent refused the request"


def test_details_hold_what_there_is() -> None:
    error = error_of({"message": "m", "codexErrorInfo": "badRequest", "additionalDetails": "more"})
    assert error.details == {"details": "more", "info": "badRequest"}
    assert error_of({"message": "m"}).details is None
