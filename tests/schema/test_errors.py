from __future__ import annotations

import json

import pytest

from sandbox_agent.schema.base import decode, encode
from sandbox_agent.schema.errors import (
    ERRORS,
    ApiError,
    InvalidRequest,
    Problem,
    SandboxAgentError,
    SessionNotFound,
    error_from_problem,
)

STATUS = {
    "invalid_request": 400,
    "unsupported_agent": 400,
    "mode_not_supported": 400,
    "token_invalid": 401,
    "permission_denied": 403,
    "not_found": 404,
    "agent_not_installed": 404,
    "session_not_found": 404,
    "session_already_exists": 409,
    "session_busy": 409,
    "already_resolved": 409,
    "install_failed": 500,
    "agent_process_exited": 500,
    "internal_error": 500,
    "stream_error": 502,
    "not_ready": 503,
    "timeout": 504,
}


@pytest.mark.parametrize("kind", ERRORS.values(), ids=lambda kind: str(kind.code))
def test_an_error_comes_back_from_the_wire_as_itself(kind: type[ApiError]) -> None:
    error = kind("thing", agent="mock", session_id="s", details={"a": 1}, hint="try again")
    back = error_from_problem(decode(encode(error.problem()), Problem))
    assert type(back) is kind
    assert (str(back), vars(back)) == (str(error), vars(error) | {"subject": back.subject})


def test_every_class_of_error_has_its_code_and_status() -> None:
    assert {code: kind.default_status for code, kind in ERRORS.items()} == STATUS


def test_every_subclass_is_in_the_table() -> None:
    assert set(ERRORS.values()) == set(ApiError.__subclasses__())


def test_a_problem_has_the_keys_of_the_contract() -> None:
    assert json.loads(encode(SessionNotFound("s1", session_id="s1").problem())) == {
        "type": "urn:sandbox-agent:error:session_not_found",
        "title": "Session Not Found",
        "status": 404,
        "detail": "session not found: s1",
        "sessionId": "s1",
    }


def test_an_error_of_the_framework_keeps_its_status() -> None:
    error = error_from_problem(InvalidRequest("no such method", status=405).problem())
    assert (type(error), error.status) == (InvalidRequest, 405)


def test_a_code_of_the_future_becomes_a_plain_error_with_its_words() -> None:
    error = error_from_problem(Problem(type="urn:sandbox-agent:error:moon", title="Moon", status=418, detail="full"))
    assert (type(error), str(error), error.status) == (ApiError, "full", 418)


def test_one_except_clause_catches_them_all() -> None:
    assert all(issubclass(kind, SandboxAgentError) for kind in ERRORS.values())
