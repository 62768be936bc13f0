from __future__ import annotations

from sandbox_agent.adapter.mcp import argv_of, enabled, headers_of, urls
from sandbox_agent.schema.api import LocalMcpServer, McpServer, RemoteMcpServer

FAR = RemoteMcpServer(url="https://far.example")


def test_a_server_that_is_switched_off_is_not_there() -> None:
    off = RemoteMcpServer(url="https://off.example", enabled=False)
    servers: dict[str, McpServer] = {"a": LocalMcpServer(command="a", enabled=True), "b": FAR, "off": off}
    assert list(enabled(servers)) == ["a", "b"]
    assert urls(servers) == ("https://far.example",)


def test_a_command_is_a_word_or_a_list_and_may_go_to_its_folder_itself() -> None:
    assert argv_of(LocalMcpServer(command="node", args=("x.js",), cwd="/srv")) == ("node", "x.js")
    assert argv_of(LocalMcpServer(command=("python", "-m"), args=("s",))) == ("python", "-m", "s")
    going = argv_of(LocalMcpServer(command="node", cwd="/a b"), into_folder=True)
    assert going == ("/bin/sh", "-c", 'cd "$0" && exec "$@"', "/a b", "node")
    assert argv_of(LocalMcpServer(command="node"), into_folder=True) == ("node",)


def test_headers_hold_what_the_variables_hold() -> None:
    server = RemoteMcpServer(
        url=FAR.url, headers={"X-A": "1"}, env_headers={"X-B": "B", "X-C": "MISSING"}, bearer_token_env_var="T"
    )
    assert headers_of(server, {"B": "2", "T": "sesame"}) == {"X-A": "1", "X-B": "2", "Authorization": "Bearer sesame"}
    assert headers_of(server, {}) == {"X-A": "1"}
