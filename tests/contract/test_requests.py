"""What holds for every request: names and values of the query, the token, and how a refusal looks."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from sandbox_agent.schema.errors import ERRORS, ApiError

pytestmark = pytest.mark.anyio
TOKEN = "s3cret"
EVENTS = "/v1/sessions/s/events"

QUERIES: dict[str, int] = {
    "includeRaw=true": 200,
    "include_raw=true": 200,
    "includeRaw=false": 200,
    "offset=0": 200,
    "limit=0": 200,
    "limit=18446744073709551615": 200,
    "unknown=x&other": 200,
    "includeRaw=1": 400,
    "includeRaw=TRUE": 400,
    "includeRaw=": 400,
    "includeRaw=yes": 400,
    "offset=-1": 400,
    "offset=1.0": 400,
    "offset=0x1": 400,
    "offset=": 400,
    "limit=18446744073709551616": 400,
    "includeRaw=true&include_raw=true": 400,
    "offset=1&offset=2": 400,
}


@pytest.mark.parametrize("query", QUERIES)
async def test_query(running: Any, query: str) -> None:
    await running.create()
    response = await running.client.get(f"{EVENTS}?{query}")
    assert response.status_code == QUERIES[query]
    if response.is_error:
        assert response.json()["type"].endswith(":invalid_request")


@pytest.mark.parametrize("name", ["sessionId", "session_id"])
async def test_query_session_id_in_both_spellings(running: Any, name: str) -> None:
    await running.create()
    assert (await running.client.get(f"/v1/fs/entries?{name}=s")).status_code == 200
    assert (await running.client.get(f"/v1/fs/entries?{name}=none")).status_code == 404


async def test_query_path_is_required(running: Any) -> None:
    response = await running.client.get("/v1/fs/stat")
    assert (response.status_code, response.json()["detail"]) == (400, "invalid request: missing query parameter: path")


def basic(text: str, *, url_safe: bool = False, padded: bool = True) -> str:
    encoded = (base64.urlsafe_b64encode if url_safe else base64.b64encode)(text.encode()).decode()
    return "Basic " + (encoded if padded else encoded.rstrip("="))


FORMS = {
    "Bearer T": f"Bearer {TOKEN}",
    "bearer T": f"bearer {TOKEN}",
    "BEARER T": f"BEARER {TOKEN}",
    "Token T": f"Token {TOKEN}",
    "Basic user:T": basic(f"user:{TOKEN}"),
    "Basic :T": basic(f":{TOKEN}"),
    "Basic T without a colon": basic(TOKEN),
    "Basic url-safe": basic(f"\u00ff\u00ff\u00fe:{TOKEN}", url_safe=True),
    "Basic unpadded": basic(f"user1:{TOKEN}", padded=False),
}


@pytest.mark.parametrize("form", FORMS)
async def test_authorization(serve: Any, form: str) -> None:
    async with serve(token=TOKEN) as running:
        response = await running.client.get("/v1/sessions", headers={"authorization": FORMS[form]})
        assert response.status_code == 200


@pytest.mark.parametrize("way", ["no token", "in the query", "in a cookie"])
async def test_authorization_failure(serve: Any, way: str) -> None:
    request: dict[str, Any] = {
        "no token": {},
        "in the query": {"params": {"token": TOKEN}},
        "in a cookie": {"headers": {"cookie": f"token={TOKEN}"}},
    }[way]
    async with serve(token=TOKEN) as running:
        response = await running.client.get("/v1/sessions", **request)
        assert response.status_code == 401
        problem = response.json()
        assert problem["type"] == "urn:sandbox-agent:error:token_invalid"
        assert (problem["title"], problem["status"], problem["detail"]) == ("Token Invalid", 401, "token invalid")
        assert problem["details"]["message"] == "missing or invalid token"


@pytest.mark.parametrize("path", ["/", "/ui/", "/nowhere", "/v1/health"])
async def test_public(serve: Any, path: str) -> None:
    async with serve(token=TOKEN) as running:
        assert (await running.client.get(path)).status_code in {200, 404}


async def test_without_a_token_there_is_no_authorization_at_all(running: Any) -> None:
    assert (await running.client.get("/v1/sessions", headers={"authorization": "Bearer any"})).status_code == 200


TABLE: dict[str, tuple[int, str, str]] = {
    "invalid_request": (400, "Invalid Request", "invalid request: why"),
    "unsupported_agent": (400, "Unsupported Agent", "unsupported agent: why"),
    "agent_not_installed": (404, "Agent Not Installed", "agent not installed: why"),
    "install_failed": (500, "Install Failed", "install failed: why"),
    "agent_process_exited": (500, "Agent Process Exited", "agent process exited: why"),
    "token_invalid": (401, "Token Invalid", "token invalid"),
    "permission_denied": (403, "Permission Denied", "permission denied"),
    "session_not_found": (404, "Session Not Found", "session not found: why"),
    "session_already_exists": (409, "Session Already Exists", "session already exists: why"),
    "mode_not_supported": (400, "Mode Not Supported", "mode not supported: why"),
    "stream_error": (502, "Stream Error", "stream error: why"),
    "timeout": (504, "Timeout", "timeout"),
}


@pytest.mark.parametrize("code", TABLE)
def test_error_table(code: str) -> None:
    kinds: dict[str, type[ApiError]] = {kind.code: kind for kind in ERRORS.values()}
    problem = kinds[code]("why").problem()
    status, title, detail = TABLE[code]
    assert problem.type == f"urn:sandbox-agent:error:{code}"
    assert (problem.status, problem.title, problem.detail, problem.instance) == (status, title, detail, None)


REFUSALS: dict[str, tuple[str, str, dict[str, Any], int]] = {
    "malformed JSON": ("POST", "/v1/sessions/a", {"content": b"{"}, 400),
    "JSON of wrong shape": ("POST", "/v1/sessions/a", {"content": b"{}"}, 422),
    "missing Content-Type": ("POST", "/v1/sessions/a", {"content": b'{"agent":"mock"}', "headers": {}}, 415),
    "wrong Content-Type": ("POST", "/v1/sessions/a", {"content": b"x", "headers": {"content-type": "text/plain"}}, 415),
    "bad query field": ("GET", f"{EVENTS}?offset=x", {}, 400),
    "missing query field": ("GET", "/v1/fs/file", {}, 400),
    "wrong method": ("PATCH", "/v1/sessions", {}, 405),
    "body over the limit": ("POST", "/v1/sessions/a", {"content": b" " * 33 * 1024 * 1024}, 413),
}


@pytest.mark.parametrize("case", REFUSALS)
async def test_refusal_is_a_problem(running: Any, case: str) -> None:
    await running.create()
    method, path, request, status = REFUSALS[case]
    response = await running.client.request(
        method, path, **{"headers": {"content-type": "application/json"}, **request}
    )
    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith(":invalid_request")
    assert ("allow" in response.headers) == (status == 405)


async def test_unknown_fields_of_a_body_are_ignored_and_null_is_absent(running: Any) -> None:
    await running.create("a", unknown=1, agentMode=None, mcp=None, skills=None, title=None)
    response = await running.client.post("/v1/agents/mock/install", json={"reinstall": None, "x": 1})
    assert response.status_code == 204
