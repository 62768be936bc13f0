from __future__ import annotations

import pytest

from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.routing import Router

ROUTER = Router(ENDPOINTS)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda each: each.name)
def test_every_endpoint_of_the_table_is_found(endpoint) -> None:  # type: ignore[no-untyped-def] # noqa: ANN001
    match = ROUTER.match(endpoint.path.replace("{", "").replace("}", "").encode())
    assert match is not None
    assert match.methods[endpoint.method] is endpoint


@pytest.mark.parametrize(
    ("raw", "session_id"),
    [
        (b"plain", "plain"),
        (b"a%2Fb", "a/b"),
        (b"a%2fevents", "a/events"),
        (b"%C3%BCn%C3%AF", "\u00fcn\u00ef"),
        (b"%F0%9F%A6%80", "\U0001f980"),
        (b"a%20b+c", "a b+c"),
        (b"%25", "%"),
        (b"100%", "100%"),
        (b"..", ".."),
        (b"%00", "\0"),
    ],
)
def test_an_id_is_one_segment_decoded(raw: bytes, session_id: str) -> None:
    match = ROUTER.match(b"/v1/sessions/" + raw + b"/events")
    assert match is not None
    assert match.path == {"session_id": session_id}


@pytest.mark.parametrize(
    "path",
    [
        b"/",
        b"/v1",
        b"/v1/",
        b"/v1/health/",
        b"/v1/sessions/",
        b"/v1/sessions//events",
        b"/v1/sessions/a/b",
        b"//v1/health",
        b"/V1/health",
    ],
)
def test_other_paths_are_not_found(path: bytes) -> None:
    assert ROUTER.match(path) is None


def test_an_id_that_is_no_text_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="not UTF-8"):
        ROUTER.match(b"/v1/sessions/%ff")


def test_the_methods_of_a_path_are_known() -> None:
    match = ROUTER.match(b"/v1/sessions/x/queue")
    assert match is not None
    assert match.allowed == "DELETE, GET, HEAD, OPTIONS"
