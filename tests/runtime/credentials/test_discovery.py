from __future__ import annotations

import base64
import json
import os
from typing import TYPE_CHECKING, Any

import pytest

from sandbox_agent.runtime.credentials import discover, providers_with_credentials

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
        (".amp/config.json", {"apiKey": "amp's own", "token": "amp's own"}, {"amp"}),
        (".local/share/amp/secrets.json", {"apiKey@https://a.example/": "k", "other": "x"}, {"amp"}),
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


def jwt(**claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.c2ln"


def everything(home: Path) -> None:
    put(home, ".amp/config.json", {"anthropicApiKey": "amp-anthropic", "apiKey": "amp-own"})
    put(home, ".claude.json", {"primaryApiKey": "sk-ant-settings"})
    put(home, ".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "claude-login", "expiresAt": SOON}})
    put(home, ".codex/auth.json", {"OPENAI_API_KEY": "codex-key", "tokens": {"access_token": "codex-login"}})
    put(
        home,
        ".local/share/opencode/auth.json",
        {
            "anthropic": {"type": "api", "key": "oc-anthropic"},
            "openai": {"type": "api", "key": "oc-openai"},
            "groq": {"type": "api", "key": "oc-groq"},
        },
    )


def look(home: Path, environ: dict[str, str] | None = None, *, oauth: bool = True) -> dict[str, tuple[str, str]]:
    found = discover(environ or {}, home, oauth=oauth, now=NOW)
    each = {"anthropic": found.anthropic, "openai": found.openai, **found.other}
    return {name: (one.source, one.api_key) for name, one in each.items() if one is not None}


def test_the_first_place_counts(tmp_path: Path) -> None:
    everything(tmp_path)
    rest = {"groq": ("opencode", "oc-groq")}
    assert look(tmp_path, {"CLAUDE_API_KEY": "a", "CLAUDE_CODE_OAUTH_TOKEN": "b", "CODEX_API_KEY": "c"}) == {
        "anthropic": ("environment", "a"),
        "openai": ("environment", "c"),
        "amp": ("amp", "amp-own"),
        **rest,
    }
    order = [
        (".amp/config.json", ("amp", "amp-anthropic")),
        (".claude.json", ("claude-code", "sk-ant-settings")),
        (".claude/.credentials.json", ("claude-code", "claude-login")),
        (".local/share/opencode/auth.json", ("opencode", "oc-anthropic")),
    ]
    for path, expected in order:
        assert look(tmp_path)["anthropic"] == expected
        (tmp_path / path).unlink()
    assert "anthropic" not in look(tmp_path)


def test_codex_prefers_its_key_and_logins_can_be_left_out(tmp_path: Path) -> None:
    everything(tmp_path)
    assert look(tmp_path)["openai"] == ("codex", "codex-key")
    put(tmp_path, ".codex/auth.json", {"tokens": {"access_token": "codex-login"}})
    assert look(tmp_path)["openai"] == ("codex", "codex-login")
    assert look(tmp_path, oauth=False)["openai"] == ("opencode", "oc-openai")
    (tmp_path / ".amp/config.json").unlink()
    (tmp_path / ".claude.json").unlink()
    assert look(tmp_path, oauth=False)["anthropic"] == ("opencode", "oc-anthropic")


@pytest.mark.parametrize("expires", [LONG_AGO, str(LONG_AGO), LONG_AGO // 1000, "2020-01-01T00:00:00Z", 1.6e12, 0])
def test_a_login_that_has_run_out_is_not_given_out_though_its_agent_can_renew_it(tmp_path: Path, expires: Any) -> None:
    login = {"accessToken": "old", "refreshToken": "r", "expiresAt": expires}
    put(tmp_path, ".claude/.credentials.json", {"claudeAiOauth": login})
    assert look(tmp_path) == {}
    assert found(tmp_path) == {"anthropic"}


@pytest.mark.parametrize(
    "expires", [SOON, str(SOON), SOON // 1000, "2060-01-01T00:00:00+00:00", None, True, "soon", []]
)
def test_a_login_that_has_not_run_out_is_given_out(tmp_path: Path, expires: Any) -> None:
    put(tmp_path, ".claude/.credentials.json", {"claudeAiOauth": {"accessToken": "t", "expiresAt": expires}})
    assert look(tmp_path) == {"anthropic": ("claude-code", "t")}


def test_a_web_token_says_itself_when_it_runs_out(tmp_path: Path) -> None:
    for token, there in [
        (jwt(exp=LONG_AGO // 1000), False),
        (jwt(exp=SOON // 1000), True),
        (jwt(sub="x"), True),
        ("a.b.c", True),
        ("a.ü.c", True),
        (f"a.{'W' * 90_000}.c", True),
    ]:
        put(tmp_path, ".codex/auth.json", {"tokens": {"access_token": token}})
        assert ("openai" in look(tmp_path)) is there


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / ".claude.json")
    (tmp_path / ".codex/auth.json").mkdir(parents=True)
    assert look(tmp_path) == {}


def test_a_secret_is_in_no_repr(tmp_path: Path) -> None:
    everything(tmp_path)
    shown = repr(discover({"OPENAI_API_KEY": "hidden-1"}, tmp_path, now=NOW))
    for secret in ("hidden-1", "amp-", "sk-ant", "login", "oc-"):
        assert secret not in shown
