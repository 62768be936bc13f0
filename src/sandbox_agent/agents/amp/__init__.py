"""Amp, driven through its execute mode with JSON lines on both sides."""

from __future__ import annotations

from sandbox_agent.adapter import Agent, Takes
from sandbox_agent.agents.amp.adapter import AmpAdapter
from sandbox_agent.agents.amp.install import INSTALL
from sandbox_agent.agents.amp.launch import EFFORTS
from sandbox_agent.agents.amp.native import decode
from sandbox_agent.schema.api import Capabilities, Mode, Model, ModelList

__all__ = ["AGENT"]

AGENT = Agent(
    name="amp",
    capabilities=Capabilities(
        plan_mode=False,
        permissions=True,
        questions=False,
        tool_calls=True,
        tool_results=True,
        text_messages=True,
        images=True,
        file_attachments=True,
        session_lifecycle=True,
        error_events=True,
        reasoning=True,
        status=False,
        command_execution=True,
        file_changes=True,
        mcp_tools=True,
        streaming_deltas=False,
        item_started=False,
        shared_process=False,
    ),
    modes=(
        Mode(id="build", name="Build", description="Reads, edits and runs, at the level that Amp itself chooses"),
        *(Mode(id=effort, name=effort.capitalize(), description=f"Amp's own mode `{effort}`") for effort in EFFORTS),
    ),
    permission_modes={"default": "default", "acceptEdits": "acceptEdits", "bypass": "bypass"},
    adapter=AmpAdapter,
    decode=decode,
    install=INSTALL,
    models=ModelList(models=(Model(id="amp-default", name="Amp", variants=EFFORTS),), default_model="amp-default"),
    credentials=("amp",),
    takes=Takes(skills=True, mcp_lacks=frozenset({"oauth", "timeoutMs"})),
)
