from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.agents.codex.mcp import mcp_servers
from sandbox_agent.schema.api import McpOauth, RemoteMcpServer


@pytest.mark.parametrize(
    ("given", "native"),
    [
        (McpOauth(client_id="me", client_secret="s"), {"oauth": {"client_id": "me", "client_secret": "s"}}),
        (McpOauth(client_id="me", scope="a b"), {"oauth": {"client_id": "me"}, "scopes": ["a", "b"]}),
        (McpOauth(scope="a"), {"scopes": ["a"]}),
        (True, {}),
        (False, {}),
        (None, {}),
    ],
)
def test_a_client_is_told_as_codex_wants_it(given: McpOauth | bool | None, native: dict[str, Any]) -> None:
    config = mcp_servers({"far": RemoteMcpServer(url="http://far", oauth=given)}, {})["far"]
    assert config == {"url": "http://far", "http_headers": {}, **native}
