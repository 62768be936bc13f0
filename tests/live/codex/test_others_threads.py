"""What Codex tells of things that another host gave it: a tool of that host's, an account's limits."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest
from tests.live.conftest import DATA_DIR
from tests.live.daemon import clean_environ

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.agents.codex.launch import probe
from sandbox_agent.schema.content import StatusPart, ToolCallPart
from sandbox_agent.testing import call, reply, say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio

LOOKUP = {"type": "function", "name": "lookup", "description": "Look it up", "inputSchema": {"type": "object"}}


def thread_with_a_tool(desk: CodexDesk) -> str:
    """A thread of a host that offers a tool to it, with one turn."""
    executable = str(DATA_DIR / "agents" / "codex" / desk.version / "bin" / "codex")
    environ = {**clean_environ(desk.daemon.home), **desk.model.env}
    server = probe(SessionOptions(session_id="host", executable=executable, environ=environ))
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL}
    host = subprocess.Popen(server.argv, env=dict(server.env), cwd="/", text=True, **pipes)
    assert host.stdin is not None
    assert host.stdout is not None

    def ask(number: int, method: str, params: dict[str, Any]) -> None:
        assert host.stdin is not None
        host.stdin.write(json.dumps({"id": number, "method": method, "params": params}) + "\n")
        host.stdin.flush()

    given = {"cwd": str(desk.place), "sandbox": "read-only", "approvalPolicy": "never", "model": "gpt-5.5"}
    thread = ""
    with host:
        client = {"name": "host", "title": "Host", "version": "1"}
        ask(1, "initialize", {"clientInfo": client, "capabilities": {"experimentalApi": True}})
        for line in host.stdout:
            said = json.loads(line)
            if said.get("id") == 1:
                ask(2, "thread/start", {**given, "dynamicTools": [LOOKUP]})
            elif said.get("id") == 2:
                thread = said["result"]["thread"]["id"]
                ask(3, "turn/start", {"threadId": thread, "input": [{"type": "text", "text": "begin"}]})
            elif said.get("method") == "turn/completed":
                break
        host.stdin.close()
        host.wait(30)
    return thread


async def test_a_tool_that_another_host_offered_is_a_call_and_a_result_and_is_not_there(desk: CodexDesk) -> None:
    desk.model.play([say("begun")])
    thread = thread_with_a_tool(desk)
    async with desk.talk([call("lookup", {"id": "7"}), say("done")], resume=thread) as talk:
        assert (await talk.turn("go on")).reason == "completed", talk.story()
        (item,) = talk.of("tool_call")
        (part,) = item.content
        assert isinstance(part, ToolCallPart)
        assert (part.name, json.loads(part.arguments)) == ("lookup", {"id": "7"})
        assert part.call_id == talk.result().call_id
        assert talk.of("tool_result")[0].status == "failed"
        assert "not available" in talk.result().output
        assert talk.model.requests[-1].mentions("this tool is not available")
        assert "agent.unparsed" not in [event.type for event in talk.events]


async def test_the_limits_of_the_account_are_told_when_they_change(desk: CodexDesk) -> None:
    def limits(percent: str) -> dict[str, str]:
        window = {"used-percent": percent, "window-minutes": "300", "reset-at": "1800000000"}
        return {f"x-codex-primary-{name}": value for name, value in window.items()}

    script = [reply(say(word), headers=limits(used)) for word, used in (("one", "12"), ("two", "12"), ("three", "90"))]
    async with desk.talk(script) as talk:
        for _ in script:
            assert (await talk.turn("go")).reason == "completed"
        parts = [part for item in talk.of("status") for part in item.content if isinstance(part, StatusPart)]
        told = [part.detail or "" for part in parts if part.label == "rate_limits"]
        assert [each.split("%")[0] for each in told] == ["primary 12", "primary 90"]
        assert "300 minutes" in told[0]
