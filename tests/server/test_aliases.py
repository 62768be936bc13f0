from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.aliases import normalise_session


def normalised(**server: Any) -> Any:
    return normalise_session({"agent": "mock", "mcp": {"tools": server}})["mcp"]["tools"]


def test_stdio_is_another_word_for_local() -> None:
    server = normalised(type="stdio", command="npx", environment={"A": "1"}, timeout=3)
    assert server == {"type": "local", "command": "npx", "env": {"A": "1"}, "timeoutMs": 3}


@pytest.mark.parametrize("spelling", ["envHeaders", "envHttpHeaders", "env_http_headers"])
def test_a_remote_server_has_aliases_too(spelling: str) -> None:
    server = normalised(type="http", url="http://x", bearer_token_env_var="T", **{spelling: {"a": "b"}})
    assert server == {"type": "remote", "url": "http://x", "bearerTokenEnvVar": "T", "envHeaders": {"a": "b"}}


def test_what_comes_out_can_be_decoded() -> None:
    body = {"agent": "mock", "mcp": {"a": {"type": "stdio", "command": ["x", "y"]}, "b": {"type": "http", "url": "u"}}}
    request = msgspec.convert(normalise_session(body), api.CreateSessionRequest)
    assert request.mcp == {"a": api.LocalMcpServer(command=("x", "y")), "b": api.RemoteMcpServer(url="u")}


def test_one_key_in_two_spellings_is_refused() -> None:
    with pytest.raises(InvalidRequest, match="duplicate field") as refused:
        normalised(type="local", command="x", env={}, environment={})
    assert refused.value.status == 422


@pytest.mark.parametrize("body", [None, 1, [], {"mcp": 3}, {"mcp": {"a": 1}}, {"mcp": {"a": {"type": 1}}}])
def test_what_has_another_shape_is_left_alone(body: Any) -> None:
    assert normalise_session(body) == body


def test_keys_of_the_other_type_keep_their_spelling() -> None:
    assert normalised(type="remote", url="u", environment={"A": "1"})["environment"] == {"A": "1"}
