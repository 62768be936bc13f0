from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from sandbox_agent.runtime.credentials import providers_with_credentials

if TYPE_CHECKING:
    from pathlib import Path

NOW = 1_800_000_000.0
SOON = 1_900_000_000_000
LONG_AGO = 1_600_000_000_000


def found(home: Path, environ: dict[str, str] | None = None) -> set[str]:
    return set(providers_with_credentials(environ or {}, home, now=NOW))


def put(home: Path, path: str, content: Any) -> None:
    (home / path).parent.mkdir(parents=True, exist_ok=True)
    (home / path).write_text(content if isinstance(content, str) else json.dumps(content))


def test_an_empty_home_has_none(tmp_path: Path) -> None:
    assert found(tmp_path) == set()


@pytest.mark.parametrize(
    ("name", "provider"),
    [
        ("ANTHROPIC_API_KEY", "anthropic"),
        ("CLAUDE_API_KEY", "anthropic"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "anthropic"),
        ("ANTHROPIC_AUTH_TOKEN", "anthropic"),
        ("OPENAI_API_KEY", "openai"),
        ("CODEX_API_KEY", "openai"),
    ],
)
def test_a_variable_counts_unless_it_is_empty(tmp_path: Path, name: str, provider: str) -> None:
    assert found(tmp_path, {name: "made-up"}) == {provider}
    assert found(tmp_path, {name: ""}) == set()
    assert found(tmp_path, {name: "  "}) == set()


@pytest.mark.parametrize(
    ("path", "content", "providers"),
    [
        (".claude.json", {"primaryApiKey": "sk-ant-1"}, {"anthropic"}),
        (".claude.json", {"primaryApiKey": "sk-1"}, set()),
        (".claude.json", {"primaryApiKey": 7}, set()),
        (".claude.json.api", {"customApiKey": "sk-ant-1"}, {"anthropic"}),
        (".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "t"}}, {"anthropic"}),
        (".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "t", "expiresAt": SOON}}, {"anthropic"}),
        (".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "t", "expiresAt": LONG_AGO}}, set()),
        (
            ".claude/.credentials.json",
            {"claudeAiOauth": {"accessToken": "t", "expiresAt": "2020-01-01T00:00:00Z"}},
            set(),
        ),
        (
            ".claude/.credentials.json",
            {"claudeAiOauth": {"accessToken": "t", "refreshToken": "r", "expiresAt": LONG_AGO}},
            {"anthropic"},
        ),
        (".claude-oauth-credentials.json", {"claudeAiOauth": {"accessToken": "t"}}, {"anthropic"}),
        (".amp/config.json", {"anthropicApiKey": "k"}, {"anthropic"}),
        (".amp/config.json", {"auth": {"anthropicApiKey": "k"}}, {"anthropic"}),
        (".amp/config.json", {"apiKey": "amp's own", "token": "amp's own"}, set()),
        (".codex/auth.json", {"OPENAI_API_KEY": "k"}, {"openai"}),
        (".codex/auth.json", {"OPENAI_API_KEY": None, "tokens": {"access_token": "t"}}, {"openai"}),
        (".codex/auth.json", {"OPENAI_API_KEY": ""}, set()),
        (
            ".local/share/opencode/auth.json",
            {"anthropic": {"type": "api", "key": "k"}, "groq": {"type": "api", "key": "k"}, "x": {"type": "api"}},
            {"anthropic", "groq"},
        ),
        (
            ".local/share/opencode/auth.json",
            {
                "openai": {"type": "oauth", "access": "t", "expires": LONG_AGO},
                "anthropic": {"type": "oauth", "access": "t", "expires": SOON},
                "copilot": {"type": "oauth", "access": "t", "refresh": "r", "expires": LONG_AGO},
            },
            {"anthropic", "copilot"},
        ),
    ],
)
def test_a_file_counts_when_it_holds_something_usable(
    tmp_path: Path, path: str, content: Any, providers: set[str]
) -> None:
    put(tmp_path, path, content)
    assert found(tmp_path) == providers


@pytest.mark.parametrize("content", ["", "{", "[]", "null", '"x"', "[" * 100_000, "\x00", '{"claudeAiOauth": []}'])
def test_broken_files_hold_nothing(tmp_path: Path, content: str) -> None:
    for path in (
        ".claude.json",
        ".claude/.credentials.json",
        ".amp/config.json",
        ".codex/auth.json",
        ".local/share/opencode/auth.json",
    ):
        put(tmp_path, path, content)
    assert found(tmp_path) == set()


def test_the_agents_own_folders_are_honoured(tmp_path: Path) -> None:
    put(tmp_path, "c/.credentials.json", {"claudeAiOauth": {"accessToken": "t"}})
    put(tmp_path, "x/auth.json", {"OPENAI_API_KEY": "k"})
    put(tmp_path, "d/opencode/auth.json", {"groq": {"type": "api", "key": "k"}})
    environ = {
        "CLAUDE_CONFIG_DIR": str(tmp_path / "c"),
        "CODEX_HOME": str(tmp_path / "x"),
        "XDG_DATA_HOME": str(tmp_path / "d"),
    }
    assert found(tmp_path / "empty", environ) == {"anthropic", "openai", "groq"}


def test_home_is_that_of_the_environment(tmp_path: Path) -> None:
    put(tmp_path, ".codex/auth.json", {"OPENAI_API_KEY": "k"})
    assert providers_with_credentials({"HOME": str(tmp_path)}) == {"openai"}
