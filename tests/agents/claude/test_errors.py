from __future__ import annotations

import pytest

from sandbox_agent.agents.claude.errors import error_of
from sandbox_agent.agents.claude.native import Assistant, ModelMessage, Result

SYNTHETIC = ModelMessage(model="<synthetic>")


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "invalid_request"),
        (401, "authentication_failed"),
        (403, "permission_denied"),
        (404, "model_not_found"),
        (413, "request_too_large"),
        (418, "api_error"),
        (429, "rate_limited"),
        (500, "server_error"),
        (503, "server_error"),
        (529, "overloaded"),
    ],
)
def test_a_status_has_a_code(status: int, code: str) -> None:
    error = error_of(Result(is_error=True, result="API says no", api_error_status=status), None)
    assert (error.code, error.message, error.details) == (code, "API says no", {"status": status})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("API Error: 529 Overloaded", "overloaded"),
        ("API Error: Unable to connect to API (ConnectionRefused)", "connection_failed"),
        ("API Error: Connection refused - a firewall (ECONNREFUSED)", "connection_failed"),
        ("Not logged in · Please run /login", "not_logged_in"),
        ("something else", "agent_error"),
    ],
)
def test_without_a_status_the_words_tell(text: str, code: str) -> None:
    assert error_of(Result(is_error=True, result=text), None).code == code


def test_the_line_before_tells_more() -> None:
    said = Assistant(message=SYNTHETIC, error="billing_error")
    assert error_of(Result(is_error=True, result="no money"), said).code == "billing"
    said = Assistant(message=SYNTHETIC, error="unknown", api_error_status=404)
    assert error_of(Result(is_error=True, result="?"), said).code == "model_not_found"


def test_diagnostics_of_the_cli_are_no_message() -> None:
    noise = Result(is_error=True, subtype="error_max_turns", errors=["[ede_diagnostic] x"])
    assert error_of(noise, None).message == "the agent ended the turn with an error"
    assert error_of(noise, None).code == "max_turns"
    lost = Result(is_error=True, errors=["No conversation found with session ID: 1"])
    assert (error_of(lost, None).code, error_of(lost, None).message) == ("resume_failed", lost.errors[0])
