"""Requests made up from the document, right ones and wrong ones: no fault shows, and every answer is as documented."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, TypeVar

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, reject, settings
from hypothesis import strategies as st
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.errors import UnsupportedSchema
from schemathesis.generation import GenerationMode
from tests.cli.serving import TOKEN, serving

from sandbox_agent.server.endpoints import ENDPOINTS, Endpoint
from sandbox_agent.server.openapi import document
from sandbox_agent.server.query import parameters

SCHEMA = schemathesis.openapi.from_dict(document(ENDPOINTS))
EXAMPLES = 10
DEMO = "demo"
load_all_checks()
AS_DOCUMENTED = CHECKS.get_by_names(
    [
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    ]
)
ENDLESS = {"follow_events"}
"""With a session that exists it never ends."""
GONE = {"delete_session", "terminate_session"}
"""With the session of all others it would leave them nothing to do."""
FAULTS = {
    ("DELETE", "/v1/fs/entry", 502): "a folder that is not empty, without `recursive`: the 0.1.x contract says 502",
}
"""The only answers from 500 up that a made-up request may get: method, path, status, and why."""
NAMED_FAULTS = {
    "/v1/fs/": {502},  # what the operating system refuses (http-api.md, section 11)
    "/v1/sessions/{session_id}": {502},  # skills that cannot be fetched (section 1, create)
    "/v1/sessions/{session_id}/fork": {502},  # the same; the route is ours
    "/v1/ready": {503},  # ours: that it is not ready is the answer
}
"""By the start of a path, what the contract documents beside a bug of ours, which is 500 everywhere."""
T = TypeVar("T")


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A daemon in a folder that it cannot leave, with one session."""
    folder = tmp_path_factory.mktemp("daemon")
    with serving(folder, "--fs-root", str(folder)) as url:
        headers = {"authorization": f"Bearer {TOKEN}"}
        assert httpx.post(f"{url}/v1/sessions/{DEMO}", json={"agent": "mock"}, headers=headers, timeout=60).is_success
        yield url


def known(endpoint: Endpoint) -> dict[str, Any] | None:
    """Names of what exists, for a path that asks for some."""
    if "{agent}" in endpoint.path:
        return {"agent": "mock"}
    if "{session_id}" in endpoint.path and endpoint.name not in ENDLESS | GONE:
        return {"session_id": DEMO}
    return None


def can_be_wrong(endpoint: Endpoint) -> bool:
    """Any name may stand in a path; it is in the query and the body that a request can be wrong."""
    return bool(parameters(endpoint.query)) or (endpoint.takes_body and not endpoint.streams_body)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_a_right_request_is_answered_as_documented(url: str, endpoint: Endpoint) -> None:
    send(url, endpoint, GenerationMode.POSITIVE)


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if can_be_wrong(each)], ids=lambda endpoint: endpoint.name
)
def test_a_wrong_request_is_answered_as_documented(url: str, endpoint: Endpoint) -> None:
    send(url, endpoint, GenerationMode.NEGATIVE)


def test_no_other_fault_is_documented_than_those_of_the_contract() -> None:
    documented = {
        (path, int(status))
        for path, operations in document(ENDPOINTS)["paths"].items()
        for operation in operations.values()
        for status in operation["responses"]
        if int(status) > HTTPStatus.INTERNAL_SERVER_ERROR
    }
    paths = {endpoint.path for endpoint in ENDPOINTS}
    named = {
        (path, status)
        for start, statuses in NAMED_FAULTS.items()
        for path in paths
        if path == start or (start.endswith("/") and path.startswith(start))
        for status in statuses
    }
    assert documented == named
    assert {(path, status) for _, path, status in FAULTS} <= named


def test_a_folder_that_is_not_empty_is_the_fault_that_the_contract_names(url: str) -> None:
    with httpx.Client(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=60) as client:
        client.put("/v1/fs/file", params={"path": "full/file", "sessionId": DEMO}, content=b"1").raise_for_status()
        answer = client.delete("/v1/fs/entry", params={"path": "full", "sessionId": DEMO})
    assert answer.status_code == HTTPStatus.BAD_GATEWAY
    assert answer.json()["type"] == "urn:sandbox-agent:error:stream_error"


def send(url: str, endpoint: Endpoint, mode: GenerationMode) -> None:
    """Some examples with made-up names, and some with names of what exists."""
    operation = SCHEMA[endpoint.path][endpoint.method]
    strategies = [operation.as_strategy(generation_mode=mode)]
    if (names := known(endpoint)) is not None:
        strategies.append(operation.as_strategy(generation_mode=mode, path_parameters=names))
    for strategy in strategies:
        _try(url, endpoint, strategy)


@st.composite
def drawable(draw: st.DrawFn, strategy: st.SearchStrategy[T]) -> T:
    """What schemathesis can make of a schema; there are shapes of a wrong body that it cannot spell out."""
    try:
        return draw(strategy)
    except UnsupportedSchema:
        reject()


def _try(url: str, endpoint: Endpoint, strategy: Any) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=drawable(strategy))
    def ask(case: Any) -> None:
        response = case.call(base_url=url, headers={"authorization": f"Bearer {TOKEN}"}, timeout=60)
        if response.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            assert (endpoint.method, endpoint.path, response.status_code) in FAULTS, response.text
        case.validate_response(response, checks=AS_DOCUMENTED)

    ask()
