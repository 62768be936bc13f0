from __future__ import annotations

from sandbox_agent.runtime.credentials import Credential, Credentials, variables
from sandbox_agent.runtime.credentials.credential import AuthType


def credential(provider: str, key: str, *, oauth: bool = False, variable: str | None = None) -> Credential:
    auth: AuthType = "oauth" if oauth else "api_key"
    return Credential(provider=provider, source="s", auth_type=auth, api_key=key, variable=variable)


def test_keys_go_under_the_names_that_agents_read_in_a_fixed_order() -> None:
    other = {name: credential(name, name) for name in ("zai", "github-copilot", "302ai", "a;b")}
    found = Credentials(anthropic=credential("anthropic", "a"), openai=credential("openai", "o"), other=other)
    assert list(variables(found).items()) == [
        ("ANTHROPIC_API_KEY", "a"),
        ("CLAUDE_API_KEY", "a"),
        ("OPENAI_API_KEY", "o"),
        ("CODEX_API_KEY", "o"),
        ("_302AI_API_KEY", "302ai"),
        ("A_B_API_KEY", "a;b"),
        ("GITHUB_COPILOT_API_KEY", "github-copilot"),
        ("ZAI_API_KEY", "zai"),
    ]


def test_a_login_never_goes_under_the_name_of_a_key() -> None:
    found = Credentials(
        anthropic=credential("anthropic", "a", oauth=True),
        openai=credential("openai", "o", oauth=True),
        other={"x": credential("x", "x", oauth=True)},
    )
    assert variables(found) == {"CLAUDE_CODE_OAUTH_TOKEN": "a", "OPENAI_OAUTH_TOKEN": "o", "X_OAUTH_TOKEN": "x"}


def test_a_token_from_a_variable_keeps_its_name() -> None:
    token = credential("anthropic", "a", oauth=True, variable="ANTHROPIC_AUTH_TOKEN")
    assert variables(Credentials(anthropic=token)) == {"ANTHROPIC_AUTH_TOKEN": "a"}
