from __future__ import annotations

import pytest

from sandbox_agent.cli.login_hint import login_hint


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
    assert (login_hint(agent, code) or "").startswith(f"set {variables}, or log in with {agent}'s own command")


@pytest.mark.parametrize(("agent", "code"), [("claude", "rate_limited"), ("claude", None), ("nobody", "not_logged_in")])
def test_for_another_error_and_for_an_unknown_agent_there_is_none(agent: str, code: str | None) -> None:
    assert login_hint(agent, code) is None


def test_an_agent_without_keys_of_its_own_is_logged_in_with_its_command() -> None:
    assert (login_hint("mock", "not_logged_in") or "").startswith("log in with mock's own command")
