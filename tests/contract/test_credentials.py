"""The rows of the contract's credential discovery: each place, its order, and what of the 0.1.x server is mended."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.runtime.credentials import Credential, discover, variables

NOW = 1_800_000_000.0
PAST, FUTURE = NOW - 60, NOW + 3600
KEY = "sk-ant-found"

AMP = ".amp/config.json"
CLAUDE = ".claude/.credentials.json"
CODEX = ".codex/auth.json"
OPENCODE = ".local/share/opencode/auth.json"


def write(home: Path, name: str, value: Any) -> None:
    path = home / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


def nested(name: str, value: str) -> dict[str, Any]:
    head, _, rest = name.partition(".")
    return {head: nested(rest, value) if rest else value}


def found(home: Path, provider: str, environ: Mapping[str, str] | None = None) -> Credential | None:
    return discover(environ or {}, home, now=NOW).of(provider)


def told(credential: Credential | None) -> tuple[str, str, str] | None:
    return None if credential is None else (credential.api_key, credential.source, credential.auth_type)


# Anthropic


@pytest.mark.parametrize(
    ("name", "provider", "auth_type"),
    [
        ("ANTHROPIC_API_KEY", "anthropic", "api_key"),
        ("CLAUDE_API_KEY", "anthropic", "api_key"),
        ("CLAUDE_CODE_OAUTH_TOKEN", "anthropic", "oauth"),
        ("ANTHROPIC_AUTH_TOKEN", "anthropic", "oauth"),
        ("OPENAI_API_KEY", "openai", "api_key"),
        ("CODEX_API_KEY", "openai", "api_key"),
    ],
)
def test_env(tmp_path: Path, name: str, provider: str, auth_type: str) -> None:
    assert told(found(tmp_path, provider, {name: "secret"})) == ("secret", "environment", auth_type)
    assert found(tmp_path, provider, {name: " "}) is None, "mended: a variable that is empty counts as none"


@pytest.mark.parametrize(
    "names",
    [
        ("ANTHROPIC_API_KEY", "CLAUDE_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"),
        ("OPENAI_API_KEY", "CODEX_API_KEY"),
    ],
    ids=["anthropic", "openai"],
)
def test_env_first_hit_wins(tmp_path: Path, names: tuple[str, ...]) -> None:
    provider = "anthropic" if len(names) > 2 else "openai"
    for count in range(len(names)):
        environ = {name: name for name in names[count:]}
        credential = found(tmp_path, provider, environ)
        assert credential is not None
        assert credential.api_key == names[count]


@pytest.mark.parametrize(
    "name", ["anthropicApiKey", "anthropic_api_key", "auth.anthropicApiKey", "anthropic.apiKey", "anthropic.token"]
)
def test_amp_config(tmp_path: Path, name: str) -> None:
    write(tmp_path, AMP, nested(name, KEY))
    assert told(found(tmp_path, "anthropic")) == (KEY, "amp", "api_key")


@pytest.mark.parametrize(
    "name", ["apiKey", "api_key", "accessToken", "access_token", "token", "auth.apiKey", "auth.token"]
)
def test_amp_config_own_key_is_not_anthropics_any_more(tmp_path: Path, name: str) -> None:
    write(tmp_path, AMP, nested(name, "sgamp_own"))
    assert found(tmp_path, "anthropic") is None
    assert told(found(tmp_path, "amp")) == ("sgamp_own", "amp", "api_key")


@pytest.mark.parametrize("file", [".claude.json.api", ".claude.json"])
@pytest.mark.parametrize("name", ["primaryApiKey", "apiKey", "anthropicApiKey", "customApiKey"])
def test_claude_key_only_values_starting_sk_ant(tmp_path: Path, file: str, name: str) -> None:
    write(tmp_path, file, {name: "another-key"})
    assert found(tmp_path, "anthropic") is None
    write(tmp_path, file, {name: KEY})
    assert told(found(tmp_path, "anthropic")) == (KEY, "claude-code", "api_key")


@pytest.mark.parametrize("file", [CLAUDE, ".claude-oauth-credentials.json"])
def test_claude_login(tmp_path: Path, file: str) -> None:
    write(tmp_path, file, {"claudeAiOauth": {"accessToken": "login"}})
    assert told(found(tmp_path, "anthropic")) == ("login", "claude-code", "oauth")
    assert discover({}, tmp_path, oauth=False, now=NOW).anthropic is None


@pytest.mark.parametrize(
    ("expires", "used"),
    [
        ("2020-01-01T00:00:00Z", False),
        ("2100-01-01T00:00:00Z", True),
        (int(PAST * 1000), False),
        (int(FUTURE * 1000), True),
    ],
    ids=["RFC3339 string in the past", "RFC3339 string to come", "mended: number in the past", "number to come"],
)
def test_claude_login_skipped_if_expired(tmp_path: Path, expires: object, used: bool) -> None:
    write(tmp_path, CLAUDE, {"claudeAiOauth": {"accessToken": "login", "expiresAt": expires}})
    assert (found(tmp_path, "anthropic") is not None) == used


# OpenAI


def test_codex_key_then_its_login(tmp_path: Path) -> None:
    write(tmp_path, CODEX, {"OPENAI_API_KEY": "", "tokens": {"access_token": "login"}})
    assert told(found(tmp_path, "openai")) == ("login", "codex", "oauth")
    write(tmp_path, CODEX, {"OPENAI_API_KEY": "sk-key", "tokens": {"access_token": "login"}})
    assert told(found(tmp_path, "openai")) == ("sk-key", "codex", "api_key")


def test_codex_login_expired_is_skipped_now(tmp_path: Path) -> None:
    claims = base64.urlsafe_b64encode(json.dumps({"exp": PAST}).encode()).decode().rstrip("=")
    write(tmp_path, CODEX, {"tokens": {"access_token": f"head.{claims}.signature"}})
    assert found(tmp_path, "openai") is None


# OpenCode


@pytest.mark.parametrize("provider", ["anthropic", "openai", "groq"])
@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ({"type": "api", "key": "k"}, ("k", "opencode", "api_key")),
        ({"type": "oauth", "access": "t", "expires": FUTURE * 1000}, ("t", "opencode", "oauth")),
        ({"type": "oauth", "access": "t", "expires": PAST * 1000}, None),
        ({"type": "wellknown", "key": "k"}, None),
    ],
    ids=["api", "oauth", "oauth expired", "another type"],
)
def test_opencode(tmp_path: Path, provider: str, entry: Any, expected: tuple[str, str, str] | None) -> None:
    write(tmp_path, OPENCODE, {provider: entry})
    assert told(found(tmp_path, provider)) == expected


# Order


def test_order_anthropic(tmp_path: Path) -> None:
    layers: list[tuple[str, Callable[[], None]]] = [
        ("opencode", lambda: write(tmp_path, OPENCODE, {"anthropic": {"type": "api", "key": KEY}})),
        ("claude-code", lambda: write(tmp_path, ".claude.json", {"primaryApiKey": KEY})),
        ("amp", lambda: write(tmp_path, AMP, {"anthropicApiKey": KEY})),
    ]
    for source, add in layers:
        add()
        assert told(found(tmp_path, "anthropic")) == (KEY, source, "api_key")
    assert told(found(tmp_path, "anthropic", {"ANTHROPIC_AUTH_TOKEN": "t"})) == ("t", "environment", "oauth")


def test_order_openai(tmp_path: Path) -> None:
    write(tmp_path, OPENCODE, {"openai": {"type": "api", "key": "k"}})
    assert told(found(tmp_path, "openai")) == ("k", "opencode", "api_key")
    write(tmp_path, CODEX, {"OPENAI_API_KEY": "sk"})
    assert told(found(tmp_path, "openai")) == ("sk", "codex", "api_key")
    assert told(found(tmp_path, "openai", {"CODEX_API_KEY": "e"})) == ("e", "environment", "api_key")


@pytest.mark.parametrize("file", [AMP, ".claude.json", CLAUDE, CODEX, OPENCODE])
@pytest.mark.parametrize("content", [b"{", b"[]", b'"text"', b"null", b"\xff"], ids=repr)
def test_read_and_parse_failures_are_silent(tmp_path: Path, file: str, content: bytes) -> None:
    path = tmp_path / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    assert discover({}, tmp_path, now=NOW) == discover({}, tmp_path / "nowhere", now=NOW)


@pytest.mark.parametrize(
    ("variable", "place", "value", "provider"),
    [
        ("CODEX_HOME", "auth.json", {"OPENAI_API_KEY": "k"}, "openai"),
        ("CLAUDE_CONFIG_DIR", ".claude.json", {"primaryApiKey": KEY}, "anthropic"),
        ("CLAUDE_CONFIG_DIR", ".credentials.json", {"claudeAiOauth": {"accessToken": "login"}}, "anthropic"),
        ("XDG_DATA_HOME", "opencode/auth.json", {"groq": {"type": "api", "key": "k"}}, "groq"),
    ],
    ids=["CODEX_HOME", "CLAUDE_CONFIG_DIR key", "CLAUDE_CONFIG_DIR login", "XDG_DATA_HOME"],
)
def test_the_agents_own_folder_variables_are_honoured_now(
    tmp_path: Path, variable: str, place: str, value: Any, provider: str
) -> None:
    write(tmp_path / "elsewhere", place, value)
    assert found(tmp_path, provider) is None
    assert found(tmp_path, provider, {variable: str(tmp_path / "elsewhere")}) is not None


# extract-env


def test_extract_env_names_in_order_and_no_login_as_an_api_key(tmp_path: Path) -> None:
    write(tmp_path, OPENCODE, {"z-ai": {"type": "api", "key": "z"}, "groq": {"type": "api", "key": "g"}})
    environ = {"ANTHROPIC_API_KEY": "a", "OPENAI_API_KEY": "o"}
    assert list(variables(discover(environ, tmp_path, now=NOW)).items()) == [
        ("ANTHROPIC_API_KEY", "a"),
        ("CLAUDE_API_KEY", "a"),
        ("OPENAI_API_KEY", "o"),
        ("CODEX_API_KEY", "o"),
        ("GROQ_API_KEY", "g"),
        ("Z_AI_API_KEY", "z"),
    ]
    write(tmp_path, CODEX, {"tokens": {"access_token": "login"}})
    write(tmp_path, CLAUDE, {"claudeAiOauth": {"accessToken": "login"}})
    names = set(variables(discover({}, tmp_path, now=NOW)))
    assert not names & {"ANTHROPIC_API_KEY", "CLAUDE_API_KEY", "OPENAI_API_KEY", "CODEX_API_KEY"}
