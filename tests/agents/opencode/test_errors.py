from __future__ import annotations

import pytest

from sandbox_agent.adapter.http import Reply
from sandbox_agent.agents.opencode.errors import error_of, failed_request


@pytest.mark.parametrize(
    ("name", "data", "code"),
    [
        ("APIError", {"message": "m", "statusCode": 401}, "authentication_failed"),
        ("APIError", {"message": "m", "statusCode": 429}, "rate_limited"),
        ("APIError", {"message": "m", "statusCode": 503}, "server_error"),
        ("APIError", {"message": "m", "statusCode": 418}, "api_error"),
        ("APIError", {"message": "Unable to connect. Is the computer able"}, "connection_failed"),
        ("ContextOverflowError", {"message": "m"}, "context_window_exceeded"),
        ("ProviderAuthError", {"message": "m", "providerID": "x"}, "authentication_failed"),
        ("UnknownError", {"message": "Model not found: a/b."}, "model_not_found"),
        ("UnknownError", {}, "agent_error"),
        ("NewError", {"message": 5}, "agent_error"),
    ],
)
def test_an_error_has_a_code(name: str, data: dict[str, object], code: str) -> None:
    error = error_of({"name": name, "data": data})
    assert error is not None
    assert error.code == code
    assert error.message


@pytest.mark.parametrize("odd", [None, 5, {}, {"name": None}])
def test_an_error_that_says_nothing_is_one_too(odd: object) -> None:
    error = error_of(odd)
    assert error is not None
    assert error.message


def test_an_abort_is_no_failure() -> None:
    assert error_of({"name": "MessageAbortedError", "data": {"message": "Aborted"}}) is None


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(reply="x", status=404, body={"name": "NotFoundError", "data": {"message": "gone"}}), "x: gone"),
        (Reply(reply="x", status=404, body={"_tag": "NotFound", "message": "gone"}), "x: gone"),
        (Reply(reply="x", error="refused"), "x: refused"),
        (Reply(reply="x", status=502), "x: status 502"),
    ],
)
def test_a_failed_request_says_why(reply: Reply, message: str) -> None:
    assert failed_request(reply, "x").message == message
