"""JSON files of others, read so that nothing in them can go wrong: what is not as expected is not there."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from pathlib import Path
from typing import Any, cast

import msgspec

__all__ = ["dig", "members", "moment", "read", "text", "token_expiry"]

_LARGEST = 16 * 1024 * 1024
_MILLISECONDS = 1e11
"""Numbers above are milliseconds: as seconds they would be in the year 5138."""


def read(path: Path) -> Any:
    """What a JSON file holds; None when it is not there or not JSON."""
    try:
        if not path.is_file() or path.stat().st_size > _LARGEST:
            return None
        return msgspec.json.decode(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None


def dig(value: Any, *keys: str) -> Any:
    """The value at a path of keys."""
    for key in keys:
        value = members(value).get(key)
    return value


def members(value: Any) -> dict[str, Any]:
    """An object's members; none when it is no object."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def text(value: Any) -> str:
    """A trimmed text; empty when it is none."""
    return value.strip() if isinstance(value, str) else ""


def moment(value: Any) -> float | None:
    """Seconds since the epoch, from a number (seconds or milliseconds) or from RFC 3339; None for anything else."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value / 1000 if value > _MILLISECONDS else float(value)
    if text(value).isdecimal():
        return moment(int(text(value)))
    try:
        return datetime.fromisoformat(text(value)).timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def token_expiry(token: str) -> float | None:
    """When a JSON web token runs out, as it says itself."""
    parts = token.split(".")
    if len(parts) != 3:  # noqa: PLR2004 - header, claims, signature
        return None
    try:
        claims = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return moment(dig(msgspec.json.decode(claims), "exp"))
    except (binascii.Error, ValueError, RecursionError):
        return None
