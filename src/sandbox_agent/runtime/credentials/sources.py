"""Where each agent keeps its credentials. Each function gives what is there, best first, and fails for nothing.

Source of the places and names: the 0.1.x credential discovery, with its faults mended: an empty variable is none,
Amp's own key is not Anthropic's, expiries may be numbers, and the agents' own folder variables are honoured.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from sandbox_agent.runtime.credentials.credential import AuthType, Credential
from sandbox_agent.runtime.credentials.documents import dig, members, moment, read, text, token_expiry

__all__ = ["amp", "claude", "codex", "environment", "opencode"]

_VARIABLES: tuple[tuple[str, str, AuthType], ...] = (
    ("anthropic", "ANTHROPIC_API_KEY", "api_key"),
    ("anthropic", "CLAUDE_API_KEY", "api_key"),
    ("anthropic", "CLAUDE_CODE_OAUTH_TOKEN", "oauth"),
    ("anthropic", "ANTHROPIC_AUTH_TOKEN", "oauth"),
    ("openai", "OPENAI_API_KEY", "api_key"),
    ("openai", "CODEX_API_KEY", "api_key"),
    ("amp", "AMP_API_KEY", "api_key"),
)
_AMP_ANTHROPIC = ("anthropicApiKey", "anthropic_api_key", "auth.anthropicApiKey", "anthropic.apiKey", "anthropic.token")
_AMP_OWN = ("apiKey", "api_key", "accessToken", "access_token", "token", "auth.apiKey", "auth.token")
_CLAUDE_KEYS = ("primaryApiKey", "apiKey", "anthropicApiKey", "customApiKey")


def environment(environ: Mapping[str, str]) -> Iterator[Credential]:
    """Keys and tokens in environment variables."""
    for provider, name, auth_type in _VARIABLES:
        if value := text(environ.get(name)):
            yield Credential(provider=provider, source="environment", auth_type=auth_type, api_key=value, variable=name)


def amp(environ: Mapping[str, str], home: Path) -> Iterator[Credential]:
    """Amp's settings: an Anthropic key somebody put there, and Amp's own key, which only Amp can use."""
    settings = read(home / ".amp/config.json")
    for provider, names in (("anthropic", _AMP_ANTHROPIC), ("amp", _AMP_OWN)):
        for name in names:
            if key := text(dig(settings, *name.split("."))):
                yield Credential(provider=provider, source="amp", auth_type="api_key", api_key=key)
    secrets = read((_folder(environ, "XDG_DATA_HOME") or home / ".local/share") / "amp/secrets.json")
    for name, value in members(secrets).items():
        if name.startswith("apiKey@") and (key := text(value)):
            yield Credential(provider="amp", source="amp", auth_type="api_key", api_key=key)


def claude(environ: Mapping[str, str], home: Path) -> Iterator[Credential]:
    """Claude Code's keys, then its logins."""
    config = _folder(environ, "CLAUDE_CONFIG_DIR")
    for name in (".claude.json.api", ".claude.json"):
        settings = read((config or home) / name)
        for key in _CLAUDE_KEYS:
            if (value := text(dig(settings, key))).startswith("sk-ant-"):
                yield Credential(provider="anthropic", source="claude-code", auth_type="api_key", api_key=value)
    for path in ((config or home / ".claude") / ".credentials.json", home / ".claude-oauth-credentials.json"):
        login = dig(read(path), "claudeAiOauth")
        token, renewable = text(dig(login, "accessToken")), bool(text(dig(login, "refreshToken")))
        expires = moment(dig(login, "expiresAt")) if token else 0
        if token or renewable:
            yield _login("anthropic", "claude-code", token, expires, renewable=renewable)


def codex(environ: Mapping[str, str], home: Path) -> Iterator[Credential]:
    """Codex's key, then its login."""
    auth = read((_folder(environ, "CODEX_HOME") or home / ".codex") / "auth.json")
    if key := text(dig(auth, "OPENAI_API_KEY")):
        yield Credential(provider="openai", source="codex", auth_type="api_key", api_key=key)
    token = text(dig(auth, "tokens", "access_token"))
    if token:
        renewable = bool(text(dig(auth, "tokens", "refresh_token")))
        yield _login("openai", "codex", token, token_expiry(token), renewable=renewable)


def opencode(environ: Mapping[str, str], home: Path) -> Iterator[Credential]:
    """What OpenCode has, for any provider."""
    folder = _folder(environ, "XDG_DATA_HOME") or home / ".local/share"
    for provider, entry in members(read(folder / "opencode/auth.json")).items():
        found = _opencode_entry(provider, entry)
        if found is not None:
            yield found


def _opencode_entry(provider: str, entry: Any) -> Credential | None:
    match dig(entry, "type"):
        case "api" if key := text(dig(entry, "key")):
            return Credential(provider=provider, source="opencode", auth_type="api_key", api_key=key)
        case "oauth":
            token, renewable = text(dig(entry, "access")), bool(text(dig(entry, "refresh")))
            expires = moment(dig(entry, "expires")) if token else 0
            return _login(provider, "opencode", token, expires, renewable=renewable) if token or renewable else None
        case _:
            return None


def _login(provider: str, source: str, token: str, expires: float | None, *, renewable: bool) -> Credential:
    return Credential(
        provider=provider, source=source, auth_type="oauth", api_key=token, expires=expires, renewable=renewable
    )


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    value = text(environ.get(name))
    return Path(value) if value else None
