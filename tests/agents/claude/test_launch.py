from __future__ import annotations

import msgspec

from sandbox_agent.adapter import Fork, SessionOptions, Skill
from sandbox_agent.agents.claude.launch import environment, spawn
from sandbox_agent.schema.api import HookMatcher, LocalMcpServer, McpOauth, RemoteMcpServer

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


def test_what_a_session_brings_is_in_private_files_and_in_no_argument() -> None:
    started = spawn(
        options(
            private_dir="/run/private",
            mcp={"tiny": LocalMcpServer(command="node", env={"KEY": "canary"})},
            instructions="Answer with a canary.",
            hooks={"Stop": (HookMatcher(hooks=({"type": "command", "command": "canary"},)),)},
            skills=(Skill(name="greeting", path="/skills/greeting"),),
        )
    )
    assert started.argv[len(DIALOGUE) :] == (
        "--mcp-config=/run/private/mcp.json",
        "--strict-mcp-config",
        "--append-system-prompt-file=/run/private/instructions.md",
        "--settings=/run/private/settings.json",
        "--add-dir=/run/private/with-skills",
    )
    assert started.links == {"/run/private/with-skills/.claude/skills/greeting": "/skills/greeting"}
    assert started.files["/run/private/instructions.md"] == b"Answer with a canary."
    assert msgspec.json.decode(started.files["/run/private/settings.json"]) == {
        "hooks": {"Stop": [{"hooks": [{"type": "command", "command": "canary"}]}]}
    }
    assert "canary" not in repr((started.argv, started.env))


def test_servers_become_one_configuration_that_stands_alone() -> None:
    servers = {
        "tiny": LocalMcpServer(command="node", args=("server.js",), env={"A": "b"}),
        "split": LocalMcpServer(command=("python", "-m", "server"), cwd="/srv"),
        "off": LocalMcpServer(command="never", enabled=False),
        "far": RemoteMcpServer(
            url="https://mcp.example",
            headers={"X-One": "1"},
            env_headers={"X-Two": "TWO", "X-Three": "NOT_SET"},
            bearer_token_env_var="OPENAI_API_KEY",
            oauth=McpOauth(client_id="us", scope="read write"),
            timeout_ms=4000,
        ),
        "old": RemoteMcpServer(url="http://localhost:1/sse", transport="sse"),
    }
    asked = options(mcp=servers, environ={"OPENAI_API_KEY": "needed there", "TWO": "2"}, private_dir="/private")
    assert msgspec.json.decode(spawn(asked).files["/private/mcp.json"]) == {
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
                "headers": {"X-One": "1", "X-Two": "2", "Authorization": "Bearer needed there"},
                "oauth": {"clientId": "us", "scopes": "read write"},
            },
            "old": {"type": "sse", "url": "http://localhost:1/sse", "headers": {}},
        }
    }
    env = environment(asked)
    assert env["MCP_TIMEOUT"] == "4000"
    assert "OPENAI_API_KEY" not in env, "the header needs it, not the agent"
    assert env["NO_PROXY"] == "127.0.0.1,localhost,::1", "a server on this machine is not behind the proxy"


def test_a_fork_resumes_another_session_under_a_new_id() -> None:
    flags = ("--resume=native-id", "--fork-session")
    assert spawn(options(), None, Fork(native_id="native-id")).argv[len(DIALOGUE) :] == flags
    upto = Fork(native_id="native-id", position="uuid")
    assert spawn(options(), None, upto).argv[len(DIALOGUE) :] == (*flags, "--resume-session-at=uuid")
    assert spawn(options(), "own-id", upto).argv[len(DIALOGUE) :] == ("--resume=own-id",)
