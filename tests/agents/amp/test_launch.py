from __future__ import annotations

import json
from typing import Any

import pytest

from sandbox_agent.adapter import Helper, SessionOptions
from sandbox_agent.agents.amp.launch import spawn
from sandbox_agent.schema.api import LocalMcpServer, RemoteMcpServer


def options(**more: Any) -> SessionOptions:
    return SessionOptions(session_id="s", directory="/p", private_dir="/private", executable="/bin/amp", **more)


def rules(**more: Any) -> list[dict[str, str]]:
    settings = json.loads(spawn(options(**more)).files["/private/settings.json"])
    found: list[dict[str, str]] = settings["amp.permissions"]
    return found


def test_a_new_thread_is_labelled_and_one_that_goes_on_is_not() -> None:
    new, old = spawn(options()), spawn(options(), "T-1")
    assert new.argv[:2] == ("/bin/amp", "-x")
    assert "--label" in new.argv
    assert old.argv[:5] == ("/bin/amp", "threads", "continue", "T-1", "-x")
    assert "--label" not in old.argv


@pytest.mark.parametrize(
    ("chosen", "mode"),
    [({}, None), ({"agent_mode": "high"}, "high"), ({"variant": "low"}, "low")],
    ids=["none", "agent mode", "variant"],
)
def test_the_level_of_effort(chosen: dict[str, str], mode: str | None) -> None:
    argv = spawn(options(**chosen)).argv
    assert (argv[argv.index("--mode") + 1] if "--mode" in argv else None) == mode


def test_every_call_is_delegated_to_the_helper_except_looking() -> None:
    assert rules()[-1] == {"tool": "*", "action": "delegate", "to": "/private/ask"}
    assert {"tool": "Read", "action": "allow"} in rules()
    assert {"tool": "edit_file", "action": "allow"} not in rules()
    assert spawn(options()).helper == Helper(program="/private/ask", tells=("AGENT_TOOL_NAME",), refusal=2)


def test_edits_may_be_accepted_and_everything_may_be_allowed() -> None:
    assert {"tool": "edit_file", "action": "allow"} in rules(permission_mode="acceptEdits")
    assert rules(permission_mode="bypass") == [{"tool": "*", "action": "allow"}]


def test_servers_of_the_session_are_in_a_private_file() -> None:
    servers = {
        "near": LocalMcpServer(command="run", args=("it",), env={"A": "b"}, cwd="/srv"),
        "far": RemoteMcpServer(url="http://127.0.0.1:1/mcp", bearer_token_env_var="TOKEN"),
        "off": LocalMcpServer(command="no", enabled=False),
    }
    started = spawn(options(mcp=servers, environ={"TOKEN": "t"}))
    config = json.loads(started.files["/private/mcp.json"])
    assert config["near"]["command"] == "/bin/sh"
    assert config["near"]["args"][-3:] == ["/srv", "run", "it"]
    assert config["far"] == {"url": "http://127.0.0.1:1/mcp", "headers": {"Authorization": "Bearer t"}}
    assert "off" not in config
    assert started.argv[started.argv.index("--mcp-config") + 1] == "/private/mcp.json"


def test_amp_gets_its_key_and_no_other() -> None:
    env = spawn(options(environ={"AMP_API_KEY": "a", "OPENAI_API_KEY": "o", "SANDBOX_AGENT_TOKEN": "s"})).env
    assert env == {"AMP_API_KEY": "a"}
