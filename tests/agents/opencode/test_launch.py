from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox_agent.adapter import SessionOptions, Skill
from sandbox_agent.agents.opencode.launch import agent_of, environment, spawn
from sandbox_agent.schema.api import LocalMcpServer


def options(**more: Any) -> SessionOptions:
    return SessionOptions(session_id="s", directory="/srv/project", executable="/opt/opencode", **more)


def config(**more: Any) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(environment(options(**more))["OPENCODE_CONFIG_CONTENT"])
    return decoded


def permissions(mode: str) -> dict[str, Any]:
    decoded: dict[str, Any] = msgspec.json.decode(environment(options(permission_mode=mode))["OPENCODE_PERMISSION"])
    return decoded


def test_the_server_listens_on_loopback_at_a_port_of_its_choice() -> None:
    started = spawn(options())
    assert started.argv == ("/opt/opencode", "serve", "--hostname=127.0.0.1", "--port=0")
    assert started.link == "http"
    assert started.http is not None
    assert started.http.secret not in started.env


def test_sessions_of_different_directories_and_models_share_a_server() -> None:
    one = spawn(options(model="a/b", variant="high", agent_mode="plan", instructions="x"))
    other = spawn(SessionOptions(session_id="t", directory="/elsewhere", executable="/opt/opencode"))
    assert (one.argv, one.env, one.cwd) == (other.argv, other.env, other.cwd)


@pytest.mark.parametrize(
    "more",
    [
        {"permission_mode": "bypass"},
        {"permission_mode": "acceptEdits"},
        {"mcp": {"fs": LocalMcpServer(command="fs")}},
        {"skills": (Skill(name="brew", path="/skills/brew"),)},
    ],
)
def test_what_must_hold_for_one_session_alone_makes_it_another_server(more: dict[str, Any]) -> None:
    assert spawn(options(**more)).env != spawn(options()).env


def test_by_default_everything_but_reading_is_asked_for() -> None:
    rules = permissions("default")
    assert next(iter(rules)) == "*"  # later rules win
    assert rules["*"] == "ask"
    assert rules["read"] == {"*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow"}
    assert {rules[name] for name in ("glob", "grep", "question", "task", "todowrite")} == {"allow"}
    assert not {"bash", "edit", "webfetch", "external_directory"} & rules.keys()
    assert permissions("acceptEdits") == rules | {"edit": "allow"}
    assert permissions("plan") == rules


def test_to_bypass_leaves_the_rules_of_the_user_alone() -> None:
    assert "OPENCODE_PERMISSION" not in environment(options(permission_mode="bypass"))


def test_the_planning_agent_answers_in_the_permission_mode_plan() -> None:
    assert agent_of(options(permission_mode="plan")) == "plan"
    assert agent_of(options(agent_mode="pirate")) == "pirate"


def test_the_configuration_of_the_daemon_is_kept_below_ours() -> None:
    given = '{"provider": {"x": {"name": "X"}}, "autoupdate": true, "agent": {"plan": {"model": "x/y"}}}'
    merged = config(environ={"OPENCODE_CONFIG_CONTENT": given})
    assert merged["provider"] == {"x": {"name": "X"}}
    assert (merged["autoupdate"], merged["share"]) == (False, "disabled")
    assert merged["agent"]["plan"]["model"] == "x/y"
    assert merged["agent"]["plan"]["permission"]["edit"]["*"] == "deny"


@pytest.mark.parametrize("given", ["", "{", "[]", "5", '{"agent": 5}'])
def test_a_configuration_that_cannot_be_read_is_not_passed_on(given: str) -> None:
    assert config(environ={"OPENCODE_CONFIG_CONTENT": given})["autoupdate"] is False


def test_tool_servers_and_skills_are_configured() -> None:
    given = config(mcp={"fs": LocalMcpServer(command="fs")}, skills=(Skill(name="brew", path="/skills/brew"),))
    assert given["mcp"] == {"fs": {"type": "local", "command": ["fs"], "enabled": True}}
    assert given["skills"] == {"paths": ["/skills/brew"]}


def test_keys_of_model_providers_pass_and_nothing_of_ours_or_of_an_outer_opencode() -> None:
    env = environment(
        options(
            environ={
                "PATH": "/bin",
                "GROQ_API_KEY": "g",
                "ANTHROPIC_API_KEY": "a",
                "OPENCODE_API_KEY": "o",
                "AMP_API_KEY": "no",
                "CURSOR_API_KEY": "no",
                "OPENCODE_SERVER_PASSWORD": "no",
                "OPENCODE_PID": "1",
                "SANDBOX_AGENT_TOKEN": "no",
            }
        )
    )
    assert {"PATH", "GROQ_API_KEY", "ANTHROPIC_API_KEY", "OPENCODE_API_KEY"} <= env.keys()
    assert "no" not in env.values()
    assert "OPENCODE_PID" not in env


def test_it_does_not_update_or_share_and_loopback_is_beside_proxies() -> None:
    env = environment(options(environ={"HTTPS_PROXY": "http://proxy:1", "NO_PROXY": "intra"}))
    assert env["OPENCODE_DISABLE_AUTOUPDATE"] == env["OPENCODE_DISABLE_SHARE"] == "1"
    assert env["NO_PROXY"] == "intra,127.0.0.1,localhost,::1"


def test_bash_reads_a_file_that_sessions_have_in_common_before_each_command() -> None:
    one, other = (spawn(options(common_dir="/run/common", private_dir=f"/run/{n}")) for n in (1, 2))
    assert (one.env, one.files) == (other.env, other.files)
    assert b"unset BASH_ENV OPENCODE_SERVER_PASSWORD" in one.files[one.env["BASH_ENV"]]
    zsh = spawn(options(common_dir="/run/common", environ={"SHELL": "/bin/zsh"}))
    assert "BASH_ENV" not in zsh.env
    assert list(zsh.files) == ["/run/common/bun/.keep"]


def test_what_it_unpacks_goes_where_it_is_removed_unless_somebody_chose_another_place() -> None:
    assert spawn(options(common_dir="/run/common")).env["BUN_TMPDIR"] == "/run/common/bun"
    chosen = spawn(options(common_dir="/run/common", environ={"BUN_TMPDIR": "/big"}))
    assert chosen.env["BUN_TMPDIR"] == "/big"
    assert "/run/common/bun/.keep" not in chosen.files
