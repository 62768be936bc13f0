"""Other spellings that clients use for MCP server entries, and what they mean. Pure.

Source: the 0.1.x contract; they are the spellings of the agents' own configuration files.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeGuard

from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["ALIASES", "TYPES", "normalise_session"]

TYPES: Mapping[str, str] = {"stdio": "local", "http": "remote"}
"""Other words for the `type` of an MCP server."""

_COMMON: Mapping[str, str] = {"timeout": "timeoutMs", "timeout_ms": "timeoutMs"}

ALIASES: Mapping[str, Mapping[str, str]] = {
    "local": {**_COMMON, "environment": "env"},
    "remote": {
        **_COMMON,
        "bearer_token_env_var": "bearerTokenEnvVar",
        "envHttpHeaders": "envHeaders",
        "env_http_headers": "envHeaders",
        "env_headers": "envHeaders",
    },
}
"""By type: other words for a key."""


def normalise_session(body: Any) -> Any:
    """The body of a create-session request with each MCP key as the schema spells it.

    What has another shape than expected is left as it is: decoding it says what is wrong, and where. Raises
    `InvalidRequest` when one key is given in two spellings.
    """
    if not _is_object(body) or not _is_object(servers := body.get("mcp")):
        return body
    return {**body, "mcp": {name: _server(name, entry) for name, entry in servers.items()}}


def _server(name: str, entry: Any) -> Any:
    if not _is_object(entry) or not isinstance(kind := entry.get("type"), str):
        return entry
    kind = TYPES.get(kind, kind)
    spellings = ALIASES.get(kind, {})
    normal: dict[str, Any] = {}
    for key, value in entry.items():
        spelling = spellings.get(key, key)
        if spelling in normal:
            raise InvalidRequest(f"duplicate field: $.mcp[{name!r}].{spelling}", status=422)
        normal[spelling] = value
    return {**normal, "type": kind}


def _is_object(value: Any) -> TypeGuard[dict[str, Any]]:
    return isinstance(value, dict)
