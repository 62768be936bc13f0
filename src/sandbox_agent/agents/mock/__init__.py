"""A built-in agent that does what it is told, without a model: for tests, demos and work on user interfaces.

Needs nothing installed. Send it `help`. Source of ids, sentences and order of events: the mock agent of the 0.1.x API.
"""

from __future__ import annotations

from sandbox_agent.adapter import Agent, Takes
from sandbox_agent.agents.mock.adapter import MockAdapter
from sandbox_agent.agents.mock.native import decode
from sandbox_agent.schema.api import Capabilities, Mode, Model, ModelList

__all__ = ["AGENT"]

AGENT = Agent(
    name="mock",
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
        Mode(id="build", name="Build", description="Does what the message says"),
        Mode(id="plan", name="Plan", description="The same: the mock plans nothing"),
    ),
    permission_modes={"default": "default", "plan": "plan", "bypass": "bypass", "acceptEdits": "default"},
    adapter=MockAdapter,
    decode=decode,
    models=ModelList(models=(Model(id="mock", name="Mock"),), default_model="mock"),
    native_id=lambda session_id: f"mock-{session_id}",
    takes=Takes(instructions=True, skills=True, hooks=frozenset({"PreToolUse", "PostToolUse", "Stop"})),
)
