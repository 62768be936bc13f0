from __future__ import annotations

import msgspec

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.agents.claude.launch import environment, spawn
from sandbox_agent.schema.api import LocalMcpServer, RemoteMcpServer

DIALOGUE = (
    "/opt/claude",
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--permission-prompt-tool=stdio",
    "--replay-user-messages",
)
AROUND = {
    "PATH": "/usr/bin",
    "HOME": "/home/me",
    "ANTHROPIC_API_KEY": "sk-ant",
    "ANTHROPIC_BASE_URL": "https://gateway.example",
    "CLAUDE_CODE_OAUTH_TOKEN": "oauth",
    "CLAUDE_CODE_MAX_RETRIES": "3",
    "CLAUDECODE": "1",
    "CLAUDE_CODE_ENTRYPOINT": "cli",
    "CLAUDE_CODE_SSE_PORT": "1234",
    "OPENAI_API_KEY": "sk-openai",
    "CODEX_API_KEY": "sk-codex",
    "AMP_API_KEY": "sk-amp",
    "GEMINI_API_KEY": "sk-gemini",
    "OPENROUTER_API_KEY": "sk-or",
    "SANDBOX_AGENT_TOKEN": "secret",
    "SANDBOX_AGENT_DATA_DIR": "/data",
    "npm_config_registry": "somewhere",
    "NO_PROXY": "internal",
}


def options(**fields: object) -> SessionOptions:
    settings: dict[str, object] = {"session_id": "s", "executable": "/opt/claude", "directory": "/work", **fields}
    return SessionOptions(**settings)  # type: ignore[arg-type]


def test_a_plain_session_speaks_the_dialogue_and_nothing_else() -> None:
    started = spawn(options())
    assert started.argv == DIALOGUE
    assert started.cwd == "/work"
    assert started.link == "stdio"


def test_options_become_flags_of_one_word_each() -> None:
    started = spawn(options(model="opus", variant="high", permission_mode="acceptEdits"), "native-id")
    assert started.argv[len(DIALOGUE) :] == (
        "--model=opus",
        "--effort=high",
        "--permission-mode=acceptEdits",
        "--resume=native-id",
    )


def test_the_default_model_is_left_to_the_cli() -> None:
    assert spawn(options(model="default")).argv == DIALOGUE


def test_bypass_needs_a_word_for_the_superuser() -> None:
    asked = options(permission_mode="bypass", superuser=True)
    assert spawn(asked).argv[-1] == "--dangerously-skip-permissions"
    assert environment(asked)["IS_SANDBOX"] == "1"
    assert "IS_SANDBOX" not in environment(options(permission_mode="bypass"))
    assert "IS_SANDBOX" not in environment(options(superuser=True))


def test_a_plan_comes_before_the_mode_of_the_session() -> None:
    assert spawn(options(agent_mode="plan")).argv[-1] == "--permission-mode=plan"
    both = spawn(options(agent_mode="plan", permission_mode="bypass")).argv[len(DIALOGUE) :]
    assert both == ("--permission-mode=plan", "--allow-dangerously-skip-permissions")


def test_the_agent_gets_our_environment_without_what_is_not_for_it() -> None:
    assert environment(options(environ=AROUND)) == {
        "PATH": "/usr/bin",
        "HOME": "/home/me",
        "ANTHROPIC_API_KEY": "sk-ant",
        "ANTHROPIC_BASE_URL": "https://gateway.example",
        "CLAUDE_CODE_OAUTH_TOKEN": "oauth",
        "CLAUDE_CODE_MAX_RETRIES": "3",
        "NO_PROXY": "internal",
        "DISABLE_AUTOUPDATER": "1",
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    }


def test_what_the_user_set_is_kept() -> None:
    env = environment(options(environ={"CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "0"}))
    assert env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "0"


def test_a_model_on_this_machine_is_not_behind_the_proxy() -> None:
    env = environment(options(environ={"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "NO_PROXY": "internal,localhost"}))
    assert env["NO_PROXY"] == "internal,localhost,127.0.0.1,::1"
    assert env["no_proxy"] == "127.0.0.1,localhost,::1"


def test_servers_become_one_configuration_that_stands_alone() -> None:
    servers = {
        "tiny": LocalMcpServer(command="node", args=("server.js",), env={"A": "b"}),
        "split": LocalMcpServer(command=("python", "-m", "server"), cwd="/srv"),
        "off": LocalMcpServer(command="never", enabled=False),
        "far": RemoteMcpServer(
            url="https://mcp.example",
            headers={"X-One": "1"},
            env_headers={"X-Two": "TWO"},
            bearer_token_env_var="OPENAI_API_KEY",
            timeout_ms=4000,
        ),
        "old": RemoteMcpServer(url="https://sse.example", transport="sse"),
    }
    asked = options(mcp=servers, environ={"OPENAI_API_KEY": "needed here", "AMP_API_KEY": "not"})
    config, strict = spawn(asked).argv[len(DIALOGUE) :]
    assert strict == "--strict-mcp-config"
    flag, _, text = config.partition("=")
    assert flag == "--mcp-config"
    assert msgspec.json.decode(text) == {
        "mcpServers": {
            "tiny": {"type": "stdio", "command": "node", "args": ["server.js"], "env": {"A": "b"}},
            "split": {
                "type": "stdio",
                "command": "/bin/sh",
                "args": ["-c", 'cd "$0" && exec "$@"', "/srv", "python", "-m", "server"],
                "env": {},
            },
            "far": {
                "type": "http",
                "url": "https://mcp.example",
                "headers": {"X-One": "1", "X-Two": "${TWO}", "Authorization": "Bearer ${OPENAI_API_KEY}"},
            },
            "old": {"type": "sse", "url": "https://sse.example", "headers": {}},
        }
    }
    env = environment(asked)
    assert env["OPENAI_API_KEY"] == "needed here"
    assert env["MCP_TIMEOUT"] == "4000"
    assert "AMP_API_KEY" not in env
