"""agents.md, sections 4 to 6: how each agent is started and installed, and how a session's tool servers reach it.

Each row keeps what clients see of it; what the document calls a bug is mended, as the name of the test says.
"""

from __future__ import annotations

import pytest

from sandbox_agent.adapter import SessionOptions, Spawn
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.agents import AGENTS
from sandbox_agent.schema.api import LocalMcpServer, McpServer, RemoteMcpServer
from sandbox_agent.schema.commands import SendMessage

SECRET = "made-up-secret"
MCP: dict[str, McpServer] = {
    "files": LocalMcpServer(command=("run",), args=("x",)),
    "far": RemoteMcpServer(url="http://far.example/mcp", headers={"X-Key": SECRET}),
}
COMMANDS: dict[str, tuple[str, ...]] = {
    "claude": (
        "claude",
        "--input-format=stream-json",
        "--output-format=stream-json",
        "--verbose",
        "--include-partial-messages",
        "--permission-prompt-tool=stdio",
    ),
    "codex": ("codex", "app-server"),
    "opencode": ("opencode", "serve"),
    "amp": ("amp", "--stream-json", "--stream-json-input"),
}
SOURCES = {
    "claude": "@anthropic-ai/claude-code-linux-x64",
    "codex": "@openai/codex",
    "opencode": "opencode-linux-x64",
    "amp": "@ampcode/cli-linux-x64",
}


def started(agent: str) -> Spawn:
    options = SessionOptions(
        session_id="s", directory="/project", private_dir="/private", common_dir="/common", mcp=MCP
    )
    chat = Conversation(AGENTS[agent], options)
    chat.command(SendMessage(message_id="m", text="hello"))
    (spawn,) = [effect for effect in chat.effects if isinstance(effect, Spawn)]
    return spawn


@pytest.mark.parametrize("agent", COMMANDS)
def test_process(agent: str) -> None:
    assert set(COMMANDS[agent]) <= set(started(agent).argv)


@pytest.mark.parametrize("agent", ["codex", "opencode"])
def test_process_shared(agent: str) -> None:
    assert started(agent).shared is not None


@pytest.mark.parametrize("agent", ["claude", "amp"])
def test_process_of_a_session_works_in_its_directory_not_in_the_servers(agent: str) -> None:
    spawn = started(agent)
    assert (spawn.shared, spawn.cwd) == (None, "/project")


def test_process_mock_is_in_the_daemon() -> None:
    assert (started("mock").argv, started("mock").link) == ((), "scripted")


@pytest.mark.parametrize("agent", SOURCES)
def test_installation_comes_through_a_package_client(agent: str) -> None:
    install = AGENTS[agent].install
    assert install is not None
    assert install.npm["linux-x64"] == SOURCES[agent]
    assert install.version


def test_installation_mock_needs_none() -> None:
    assert AGENTS["mock"].install is None


@pytest.mark.parametrize("agent", ["claude", "amp"])
def test_mcp_is_in_a_private_file_and_in_no_argument(agent: str) -> None:
    spawn = started(agent)
    (content,) = [content for content in spawn.files.values() if b"far.example" in content]
    assert SECRET.encode() in content
    assert b'"run"' in content
    assert SECRET not in " ".join(spawn.argv)
    assert all(path.startswith("/private/") for path in spawn.files)


def test_mcp_opencode_is_in_the_configuration_of_its_server() -> None:
    spawn = started("opencode")
    assert SECRET in spawn.env["OPENCODE_CONFIG_CONTENT"]
    assert SECRET not in " ".join(spawn.argv)


def test_mcp_codex_is_in_the_configuration_of_the_thread_so_that_sessions_share_a_server() -> None:
    spawn = started("codex")
    shown = " ".join([*spawn.argv, *spawn.env.values()])
    assert "far.example" not in shown
    assert SECRET not in shown


@pytest.mark.parametrize("agent", AGENTS)
def test_mcp_leaves_nothing_in_the_working_directory(agent: str) -> None:
    spawn = started(agent)
    assert not any(path.startswith("/project") for path in [*spawn.files, *spawn.links])
