from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from sandbox_agent.adapter import SessionOptions, Skill
from sandbox_agent.agents.codex.launch import api_key, environment, policy, probe, spawn, thread_params
from sandbox_agent.agents.codex.router import CodexRouter
from sandbox_agent.schema.api import LocalMcpServer, RemoteMcpServer

from .chat import Chat


def options(**more: Any) -> SessionOptions:
    return SessionOptions(session_id="s", executable="/opt/codex", directory="/w", **more)


def settings(argv: tuple[str, ...]) -> dict[str, str]:
    given = [after for word, after in pairwise(argv) if word == "-c"]
    return {name: value for name, _, value in (word.partition("=") for word in given)}


def test_sessions_of_one_environment_have_the_same_server_wherever_they_work() -> None:
    one = spawn(options(environ={"A": "1"}, model="x", permission_mode="bypass"))
    other = spawn(SessionOptions(session_id="t", executable="/opt/codex", directory="/v", environ={"A": "1"}))
    assert (one.argv, one.env, one.cwd, one.link) == (other.argv, other.env, other.cwd, other.link)
    assert one.shared is CodexRouter
    assert one.argv[-3:] == ("--disable", "plugins", "app-server")


def test_a_probe_has_a_server_of_its_own() -> None:
    assert (probe(options()).shared, probe(options()).cwd) == (None, "/w")


@pytest.mark.parametrize(
    ("mode", "planning", "approval", "sandbox"),
    [
        ("default", False, "untrusted", "workspace-write"),
        ("acceptEdits", False, "untrusted", "workspace-write"),
        ("bypass", False, "never", "danger-full-access"),
        ("plan", True, "untrusted", "read-only"),
        ("bypass", True, "untrusted", "read-only"),
        ("plan", False, "untrusted", "workspace-write"),
    ],
)
def test_policy_and_sandbox_are_always_said(mode: str, planning: bool, approval: str, sandbox: str) -> None:
    assert policy(options(permission_mode=mode), planning=planning) == (approval, sandbox)
    params = thread_params(options(permission_mode=mode), planning=planning)
    assert (params["approvalPolicy"], params["sandbox"], params["cwd"]) == (approval, sandbox, "/w")


def test_every_turn_says_them_too() -> None:
    chat = Chat(permission_mode="bypass")
    chat.started()
    params = chat.asked[-1]["params"]
    assert (params["approvalPolicy"], params["sandboxPolicy"]) == ("never", {"type": "dangerFullAccess"})


def test_model_effort_and_instructions_go_to_the_thread() -> None:
    params = thread_params(options(model="gpt-5.5", variant="high", instructions="be kind"), planning=False)
    assert params["model"] == "gpt-5.5"
    assert params["config"] == {"model_reasoning_effort": "high"}
    assert params["developerInstructions"] == "be kind"


def test_tool_servers_go_to_the_thread() -> None:
    servers = {
        "here": LocalMcpServer(command="run", args=("-x",), env={"A": "1"}, cwd="/v", timeout_ms=1500),
        "there": RemoteMcpServer(url="https://x.test", headers={"H": "1"}, bearer_token_env_var="TOKEN"),
        "off": LocalMcpServer(command="no", enabled=False),
    }
    params = thread_params(options(mcp=servers, environ={"TOKEN": "secret"}), planning=False)
    assert params["config"]["mcp_servers"] == {
        "here": {
            "command": "run",
            "args": ["-x"],
            "env": {"A": "1"},
            "cwd": "/v",
            "startup_timeout_sec": 2,
            "tool_timeout_sec": 2,
        },
        "there": {"url": "https://x.test", "http_headers": {"H": "1", "Authorization": "Bearer secret"}},
    }


def test_only_openais_keys_reach_it_and_nothing_of_ours() -> None:
    around = {
        "PATH": "/bin",
        "OPENAI_API_KEY": "sk-o",
        "ANTHROPIC_API_KEY": "sk-a",
        "SANDBOX_AGENT_TOKEN": "t",
        "SANDBOX_AGENT_MEMBER": "2",
        "CODEX_SANDBOX": "seatbelt",
        "CODEX_HOME": "/c",
    }
    assert environment(options(environ=around)) == {"PATH": "/bin", "OPENAI_API_KEY": "sk-o", "CODEX_HOME": "/c"}


def test_a_gateway_on_this_machine_is_not_behind_the_proxy() -> None:
    env = environment(options(environ={"OPENAI_BASE_URL": "http://127.0.0.1:1/v1", "NO_PROXY": "a"}))
    assert env["NO_PROXY"] == "a,127.0.0.1,localhost,::1"


def test_without_a_key_the_login_on_disk_is_used() -> None:
    given = settings(spawn(options(environ={"OPENAI_BASE_URL": "http://x/v1"})).argv)
    assert "cli_auth_credentials_store" not in given
    assert "model_provider" not in given
    assert api_key(options()) is None


def test_a_key_stays_in_memory_and_a_base_url_is_a_provider() -> None:
    around = {"OPENAI_API_KEY": "sk-o", "CODEX_API_KEY": "sk-c", "OPENAI_BASE_URL": "http://x/v1"}
    given = settings(spawn(options(environ=around)).argv)
    assert given["cli_auth_credentials_store"] == '"ephemeral"'
    assert given["model_provider"] == '"gateway"'
    assert given["model_providers.gateway.base_url"] == '"http://x/v1"'
    assert given["model_providers.gateway.env_key"] == '"CODEX_API_KEY"'
    assert api_key(options(environ=around)) == "sk-c"


def test_no_key_is_in_the_arguments() -> None:
    assert not any("sk-o" in word for word in spawn(options(environ={"OPENAI_API_KEY": "sk-o"})).argv)


def test_skills_go_to_a_new_thread_and_to_no_resumed_one() -> None:
    skills = (Skill(name="brew", path="/shelf/brew"),)
    place = {"type": "environment", "environmentId": "local", "path": "/private/capabilities"}
    for resume, method, told in ((None, "thread/start", True), ("thread-1", "thread/resume", False)):
        chat = Chat(skills=skills, resume=resume, private_dir="/private")
        chat.send()
        chat.opened()
        params = next(each["params"] for each in chat.asked if each["method"] == method)
        assert (params.get("selectedCapabilityRoots") == [{"id": "session", "location": place}]) is told
