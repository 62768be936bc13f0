"""What every agent's process is started with, of an environment full of other people's secrets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from sandbox_agent.adapter import SessionOptions, Spawn
from sandbox_agent.adapter.environment import SECRETS
from sandbox_agent.agents import AGENTS
from sandbox_agent.schema.api import HookMatcher, LocalMcpServer, McpServer, RemoteMcpServer
from sandbox_agent.schema.commands import SendMessage

ALLOWED: Mapping[str, set[str]] = {
    "amp": {"amp"},
    "claude": {"anthropic", "amazon-bedrock", "foundry"},
    "codex": {"openai"},
    "opencode": SECRETS.keys() - {"amp", "cursor"},
}
OWN: Mapping[str, set[str]] = {"opencode": {"OPENCODE_SERVER_PASSWORD"}}
"""Variables that the launch sets itself."""
ENVIRON = {
    "PATH": "/usr/bin",
    "HOME": "/home/me",
    "GITHUB_TOKEN": "for-tools",
    "SANDBOX_AGENT_TOKEN": "canary-of-the-server",
    "TEAM_TOKEN": "a-canary-of-a-header",
    **{name: f"canary-{name}" for names in SECRETS.values() for name in names},
}
SERVERS: Mapping[str, McpServer] = {
    "local": LocalMcpServer(command="node", env={"KEY": "canary-of-a-program"}),
    "far": RemoteMcpServer(url="https://far.example", bearer_token_env_var="TEAM_TOKEN", headers={"X": "canary-said"}),
}


def spawns(name: str) -> Iterator[Spawn]:
    """The processes of a first message, in a session that brings all it may."""
    agent = AGENTS[name]
    options = SessionOptions(
        session_id="s",
        executable=f"/opt/{name}",
        environ=ENVIRON,
        private_dir="/private",
        mcp=SERVERS,
        instructions="canary-instructions" if agent.takes.instructions else None,
        hooks={event: (HookMatcher(hooks=({"type": "command"},)),) for event in agent.takes.hooks},
    )
    outputs = agent.adapter(options).command(SendMessage(message_id="m", text="hi"))
    return (output for output in outputs if isinstance(output, Spawn))


@pytest.fixture(params=sorted(ALLOWED))
def started(request: pytest.FixtureRequest) -> tuple[str, Spawn]:
    name: str = request.param
    (spawn,) = spawns(name)
    return name, spawn


def test_every_agent_that_is_a_program_is_looked_at() -> None:
    assert {name for name, agent in AGENTS.items() if agent.install is not None} == ALLOWED.keys()


def test_the_secrets_of_an_agents_providers_reach_it_and_no_others(started: tuple[str, Spawn]) -> None:
    name, spawn = started
    allowed = {variable for provider in ALLOWED[name] for variable in SECRETS[provider]} | OWN.get(name, set())
    given = {variable for variable, value in spawn.env.items() if value.startswith("canary-")}
    assert given <= allowed
    assert given >= allowed - OWN.get(name, set()), "its own are there"
    assert spawn.env["GITHUB_TOKEN"] == "for-tools", "what tools need passes"
    assert "canary-of-the-server" not in repr(spawn)


def test_the_token_of_a_tool_server_is_in_no_variable_of_its_own(started: tuple[str, Spawn]) -> None:
    _name, spawn = started
    assert "TEAM_TOKEN" not in spawn.env


@pytest.mark.parametrize(("agent", "variable"), [("claude", "ANTHROPIC_API_KEY"), ("codex", "OPENAI_API_KEY")])
def test_the_agents_own_key_may_be_a_token_too(agent: str, variable: str) -> None:
    servers: dict[str, McpServer] = {"far": RemoteMcpServer(url="https://far", bearer_token_env_var=variable)}
    options = SessionOptions(session_id="s", environ=ENVIRON, private_dir="/private", mcp=servers)
    outputs = AGENTS[agent].adapter(options).command(SendMessage(message_id="m", text="hi"))
    (spawn,) = (output for output in outputs if isinstance(output, Spawn))
    assert spawn.env[variable] == ENVIRON[variable]


def test_nothing_that_a_session_brings_is_in_an_argument(started: tuple[str, Spawn]) -> None:
    _name, spawn = started
    assert not [word for word in spawn.argv if "canary" in word]


def test_files_are_nowhere_but_in_the_private_folder(started: tuple[str, Spawn]) -> None:
    _name, spawn = started
    assert all(path.startswith("/private/") for path in (*spawn.files, *spawn.links))
