"""Claude Code: Anthropic's coding agent, driven through its stream-json protocol."""

from __future__ import annotations

from sandbox_agent.adapter import Agent, Takes
from sandbox_agent.agents.claude.adapter import ClaudeAdapter
from sandbox_agent.agents.claude.install import INSTALL
from sandbox_agent.agents.claude.models import PROBE
from sandbox_agent.agents.claude.native import decode
from sandbox_agent.agents.claude.private import HOOK_EVENTS
from sandbox_agent.schema.api import Capabilities, Mode

__all__ = ["AGENT"]

AGENT = Agent(
    name="claude",
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
        shared_process=False,
        fork=True,
    ),
    modes=(
        Mode(id="build", name="Build", description="Reads, edits and runs, asking as the permission mode says"),
        Mode(id="plan", name="Plan", description="Explores and proposes a plan; nothing changes before it is approved"),
    ),
    permission_modes={"default": "default", "plan": "plan", "acceptEdits": "acceptEdits", "bypass": "bypass"},
    adapter=ClaudeAdapter,
    decode=decode,
    install=INSTALL,
    models=PROBE,
    remembers=True,
    credentials=("anthropic",),
    keeps="claude-code",
    takes_logins=True,
    takes=Takes(instructions=True, skills=True, hooks=HOOK_EVENTS, mcp_lacks=frozenset({"oauth.clientSecret"})),
)
