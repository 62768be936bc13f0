"""Which providers' credentials are on this machine, found where the agents keep them. Looks only; reveals nothing.

Unreadable and malformed files hold no credentials. Sources of the places and names: the 0.1.x credential discovery,
with its faults mended: an empty variable is none; Amp's own key is not Anthropic's; a login that has run out counts
only when it can renew itself.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

__all__ = ["providers_with_credentials"]

_VARIABLES = {
    "anthropic": ("ANTHROPIC_API_KEY", "CLAUDE_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN"),
    "openai": ("OPENAI_API_KEY", "CODEX_API_KEY"),
}
_AMP_ANTHROPIC = (
    ("anthropicApiKey",),
    ("anthropic_api_key",),
    ("auth", "anthropicApiKey"),
    ("anthropic", "apiKey"),
    ("anthropic", "token"),
)
_CLAUDE_KEYS = ("primaryApiKey", "apiKey", "anthropicApiKey", "customApiKey")


def providers_with_credentials(
    environ: Mapping[str, str], home: Path | None = None, *, now: float | None = None
) -> frozenset[str]:
    """The providers, by name (`anthropic`, `openai`, ...), that an agent could use right now.

    `home`: where the agents' folders are; the user's own when None. `now`: seconds since the epoch. Reads files.
    """
    home = home or Path(environ.get("HOME") or Path.home())
    now = time.time() if now is None else now
    return frozenset(_find(environ, home, now))


def _find(environ: Mapping[str, str], home: Path, now: float) -> Iterator[str]:
    for provider, names in _VARIABLES.items():
        if any(_text(environ.get(name)) for name in names):
            yield provider
    if any(_text(_dig(_read(home / ".amp/config.json"), *path)) for path in _AMP_ANTHROPIC):
        yield "anthropic"
    if _claude(_folder(environ, "CLAUDE_CONFIG_DIR"), home, now):
        yield "anthropic"
    if _codex(_folder(environ, "CODEX_HOME") or home / ".codex"):
        yield "openai"
    yield from _opencode((_folder(environ, "XDG_DATA_HOME") or home / ".local/share") / "opencode", now)


def _claude(config: Path | None, home: Path, now: float) -> bool:
    folder, beside = config or home / ".claude", config or home
    for name in (".claude.json.api", ".claude.json"):
        settings = _read(beside / name)
        if any(_text(_dig(settings, key)).startswith("sk-ant-") for key in _CLAUDE_KEYS):
            return True
    logins = (folder / ".credentials.json", home / ".claude-oauth-credentials.json")
    return any(_login(_dig(_read(path), "claudeAiOauth"), now) for path in logins)


def _login(login: Any, now: float) -> bool:
    if _text(_dig(login, "refreshToken")):
        return True
    return bool(_text(_dig(login, "accessToken"))) and not _past(_dig(login, "expiresAt"), now)


def _codex(folder: Path) -> bool:
    auth = _read(folder / "auth.json")
    return bool(_text(_dig(auth, "OPENAI_API_KEY")) or _text(_dig(auth, "tokens", "access_token")))


def _opencode(folder: Path, now: float) -> Iterator[str]:
    for provider, entry in _members(_read(folder / "auth.json")).items():
        match _dig(entry, "type"):
            case "api" if _text(_dig(entry, "key")):
                yield provider
            case "oauth" if _text(_dig(entry, "refresh")):
                yield provider
            case "oauth" if _text(_dig(entry, "access")) and not _past(_dig(entry, "expires"), now):
                yield provider
            case _:
                pass


def _past(moment: Any, now: float) -> bool:
    """Whether a time is over: milliseconds since the epoch or RFC 3339; what is neither never ends."""
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        return moment / 1000 < now
    try:
        return datetime.fromisoformat(_text(moment)).timestamp() < now
    except (ValueError, OverflowError, OSError):
        return False


def _folder(environ: Mapping[str, str], name: str) -> Path | None:
    value = _text(environ.get(name))
    return Path(value) if value else None


def _read(path: Path) -> Any:
    try:
        return msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def _dig(value: Any, *keys: str) -> Any:
    for key in keys:
        value = _members(value).get(key)
    return value


def _members(value: Any) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _text(value: Any) -> str:
    return value.strip() if isinstance(value, str) else ""
