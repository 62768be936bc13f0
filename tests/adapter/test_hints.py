from __future__ import annotations

import pytest

from sandbox_agent.adapter.hints import hint_of
from sandbox_agent.agents import AGENTS


@pytest.mark.parametrize(
    ("agent", "variables"),
    [
        ("claude", "ANTHROPIC_API_KEY"),
        ("codex", "OPENAI_API_KEY"),
        ("amp", "AMP_API_KEY"),
        ("opencode", "ANTHROPIC_API_KEY or OPENAI_API_KEY"),
    ],
)
@pytest.mark.parametrize("code", ["not_logged_in", "authentication_failed"])
def test_who_cannot_log_in_is_told_which_variable_to_set(agent: str, variables: str, code: str) -> None:
    hint = hint_of(code, agent, AGENTS[agent].credentials) or ""
    assert hint.startswith(f"set {variables} in the environment of sandbox-agent, or log in with {agent}'s own command")


@pytest.mark.parametrize("code", ["rate_limited", None])
def test_for_another_error_there_is_none(code: str | None) -> None:
    assert hint_of(code, "claude", ("anthropic",)) is None


def test_an_agent_without_keys_of_its_own_is_logged_in_with_its_command() -> None:
    assert (hint_of("not_logged_in", "parrot", ()) or "").startswith("log in with parrot's own command")
