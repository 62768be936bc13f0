"""OpenCode: the open coding agent for any model provider, driven through the HTTP API of its server."""

from __future__ import annotations

from sandbox_agent.adapter import Agent, Takes
from sandbox_agent.agents.opencode.adapter import OpenCodeAdapter
from sandbox_agent.agents.opencode.install import INSTALL
from sandbox_agent.agents.opencode.models import PROBE
from sandbox_agent.agents.opencode.native import decode
from sandbox_agent.schema.api import Capabilities, Mode

__all__ = ["AGENT"]

AGENT = Agent(
    name="opencode",
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
    adapter=OpenCodeAdapter,
    decode=decode,
    install=INSTALL,
    models=PROBE,
    credentials=("anthropic", "openai"),
    keeps="opencode",
    takes=Takes(instructions=True, skills=True),
    own_modes=True,
)
