from __future__ import annotations

import pytest

from sandbox_agent.agents.opencode.mcp import mcp_config
from sandbox_agent.schema.api import LocalMcpServer, McpOauth, RemoteMcpServer


def test_a_program_keeps_all_it_was_given() -> None:
    server = LocalMcpServer(command=("npx", "fs"), args=("-v",), env={"B": "2", "A": "1"}, cwd="/srv", timeout_ms=500)
    assert mcp_config({"fs": server}, {}) == {
        "fs": {
            "type": "local",
            "command": ["npx", "fs", "-v"],
            "enabled": True,
            "environment": {"A": "1", "B": "2"},
            "cwd": "/srv",
            "timeout": 500,
        }
    }


def test_the_headers_of_a_remote_server_have_the_values_of_the_variables_they_name() -> None:
    server = RemoteMcpServer(
        url="http://far/mcp", headers={"X": "y"}, env_headers={"T": "TEAM"}, bearer_token_env_var="TOKEN"
    )
    config = mcp_config({"far": server}, {"TEAM": "blue", "TOKEN": "sesame"})["far"]
    assert config == {
        "type": "remote",
        "url": "http://far/mcp",
        "enabled": True,
        "headers": {"Authorization": "Bearer sesame", "T": "blue", "X": "y"},
    }


@pytest.mark.parametrize(
    ("given", "native"),
    [
        (McpOauth(client_id="me", scope="all"), {"clientId": "me", "scope": "all"}),
        (False, False),
    ],
)
def test_oauth_is_passed_on(given: McpOauth | bool, native: object) -> None:
    assert mcp_config({"far": RemoteMcpServer(url="http://far", oauth=given)}, {})["far"]["oauth"] == native


def test_a_server_that_is_switched_off_is_left_out() -> None:
    assert mcp_config({"fs": LocalMcpServer(command="fs", enabled=False)}, {}) == {}
