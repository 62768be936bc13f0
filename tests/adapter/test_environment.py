from __future__ import annotations

import pytest

from sandbox_agent.adapter.environment import KEYS, LOGINS, SECRETS, agent_environment, beside_proxies, is_loopback

AROUND = {
    "PATH": "/usr/bin",
    "GITHUB_TOKEN": "for git",
    "ANTHROPIC_API_KEY": "a",
    "ANTHROPIC_BASE_URL": "https://gateway.example",
    "OPENAI_API_KEY": "o",
    "AZURE_OPENAI_API_KEY": "z",
    "MISTRAL_API_KEY": "m",
    "SANDBOX_AGENT_TOKEN": "ours",
    "npm_config_prefix": "/elsewhere",
    "MARK": "of another",
}


def test_an_agent_gets_the_secrets_of_its_providers_and_of_nobody_else() -> None:
    assert agent_environment(AROUND, ("anthropic",), without=("MARK",)) == {
        "PATH": "/usr/bin",
        "GITHUB_TOKEN": "for git",
        "ANTHROPIC_API_KEY": "a",
        "ANTHROPIC_BASE_URL": "https://gateway.example",
    }
    both = agent_environment(AROUND, ("openai", "mistral"))
    assert both.keys() - {"PATH", "GITHUB_TOKEN", "ANTHROPIC_BASE_URL", "MARK"} == {"OPENAI_API_KEY", "MISTRAL_API_KEY"}


def test_ours_reach_nobody_whoever_the_provider() -> None:
    assert agent_environment({"SANDBOX_AGENT_TOKEN": "t", "npm_execpath": "n"}, tuple(SECRETS)) == {}


def test_every_variable_we_find_credentials_in_is_a_secret_of_its_provider() -> None:
    for table in (KEYS, LOGINS):
        for provider, names in table.items():
            assert set(names) <= SECRETS[provider]


@pytest.mark.parametrize(
    ("url", "local"),
    [
        ("http://127.0.0.1:9", True),
        ("http://127.9.9.9/", True),
        ("http://localhost/x", True),
        ("http://[::1]:80", True),
        ("https://example.org", False),
        ("http://[broken", False),
        ("", False),
    ],
)
def test_this_machine_is_told_from_others(url: str, local: bool) -> None:
    assert is_loopback(url) is local
    assert bool(beside_proxies({}, ("https://far.example", url))) is local


def test_exceptions_from_a_proxy_are_kept() -> None:
    assert beside_proxies({"NO_PROXY": "internal, localhost"}, ("http://127.0.0.1:1",)) == {
        "NO_PROXY": "internal,localhost,127.0.0.1,::1",
        "no_proxy": "127.0.0.1,localhost,::1",
    }
