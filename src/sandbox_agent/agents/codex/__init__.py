"""Codex: OpenAI's coding agent, driven through its app-server, which several sessions share."""

from __future__ import annotations

from sandbox_agent.adapter import Agent, Takes
from sandbox_agent.agents.codex.adapter import CodexAdapter
from sandbox_agent.agents.codex.install import INSTALL
from sandbox_agent.agents.codex.launch import HOOK_EVENTS
from sandbox_agent.agents.codex.models import PROBE
from sandbox_agent.agents.codex.native import decode
from sandbox_agent.schema.api import Capabilities, Mode

__all__ = ["AGENT"]

AGENT = Agent(
    name="codex",
    capabilities=Capabilities(
        plan_mode=True,
        permissions=True,
        questions=True,
        tool_calls=True,
        tool_results=True,
        text_messages=True,
        images=True,
        file_attachments=True,
        session_lifecycle=True,
        error_events=True,
        reasoning=True,
        status=True,
        command_execution=True,
        file_changes=True,
        mcp_tools=True,
        streaming_deltas=True,
        item_started=True,
        shared_process=True,
        fork=True,
    ),
    modes=(
        Mode(id="build", name="Build", description="Reads, edits and runs, asking as the permission mode says"),
        Mode(id="plan", name="Plan", description="Explores and proposes a plan; nothing changes before it is approved"),
    ),
    permission_modes={"default": "default", "plan": "plan", "acceptEdits": "acceptEdits", "bypass": "bypass"},
    adapter=CodexAdapter,
    decode=decode,
    install=INSTALL,
    models=PROBE,
    remembers=True,
    credentials=("openai",),
    keeps="codex",
    takes=Takes(
        instructions=True,
        skills=True,
        skills_resumed=False,
        hooks=HOOK_EVENTS,
        mcp_lacks=frozenset({"transport.sse"}),
    ),
)
