"""agents.md, sections 1 to 3: what the 0.1.x server said an agent can do is still true, and modes have their words."""

from __future__ import annotations

import pytest

from sandbox_agent.agents import AGENTS
from sandbox_agent.schema.base import to_builtins

FLAGS: dict[str, str] = {
    "planMode": "codex mock",
    "permissions": "claude codex mock",
    "questions": "claude mock",
    "toolCalls": "claude codex opencode amp mock",
    "toolResults": "claude codex opencode amp mock",
    "textMessages": "claude codex opencode amp mock",
    "images": "codex opencode mock",
    "fileAttachments": "codex opencode mock",
    "sessionLifecycle": "codex opencode mock",
    "errorEvents": "codex opencode amp mock",
    "reasoning": "codex mock",
    "status": "codex mock",
    "commandExecution": "codex mock",
    "fileChanges": "codex mock",
    "mcpTools": "claude codex opencode amp mock",
    "streamingDeltas": "claude codex opencode mock",
    "itemStarted": "codex opencode mock",
    "sharedProcess": "codex opencode",
}
MODES = {"claude": "build plan", "codex": "build plan", "opencode": "build plan", "amp": "build", "mock": "build plan"}
PERMISSION_MODES = {
    "claude": "default plan bypass acceptEdits",
    "codex": "default plan bypass acceptEdits",
    "opencode": "default bypass acceptEdits",
    "amp": "default bypass acceptEdits",
    "mock": "default plan bypass acceptEdits",
}


@pytest.mark.parametrize("flag", FLAGS)
def test_capability(flag: str) -> None:
    able = {name for name, agent in AGENTS.items() if to_builtins(agent.capabilities)[flag]}
    assert able >= set(FLAGS[flag].split())


def test_only_agents_with_a_shared_process_say_so() -> None:
    assert {name for name, agent in AGENTS.items() if agent.capabilities.shared_process} == {"codex", "opencode"}


@pytest.mark.parametrize("agent", MODES)
def test_modes(agent: str) -> None:
    assert {mode.id for mode in AGENTS[agent].modes} >= set(MODES[agent].split())


@pytest.mark.parametrize("agent", PERMISSION_MODES)
def test_permission_modes(agent: str) -> None:
    assert set(AGENTS[agent].permission_modes) >= set(PERMISSION_MODES[agent].split())


def test_amp_plans_nothing() -> None:
    assert "plan" not in AGENTS["amp"].permission_modes
