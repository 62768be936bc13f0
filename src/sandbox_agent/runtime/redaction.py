"""What of a session's configuration may be shown again: everything but what may be a secret. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit, urlunsplit

import msgspec

from sandbox_agent.schema import api

__all__ = ["HIDDEN", "shown_mcp", "shown_skills"]

HIDDEN = "[redacted]"
"""In the place of what may be a secret."""
_TELLING = re.compile(r"key|token|secret|password|passwd|credential|auth|bearer", re.IGNORECASE)
_ASSIGNED = re.compile(r"(-{0,2}[\w.-]+=).+", re.DOTALL)


def shown_mcp(servers: Mapping[str, api.McpServer]) -> dict[str, api.McpServer]:
    """The servers without values of variables and headers, client secrets, and arguments named after secrets."""
    return {name: _shown(server) for name, server in servers.items()}


def shown_skills(skills: api.Skills) -> api.Skills:
    """The sources without what may log in to them."""
    sources = tuple(msgspec.structs.replace(each, source=_address(each.source)) for each in skills.sources)
    return msgspec.structs.replace(skills, sources=sources)


def _shown(server: api.McpServer) -> api.McpServer:
    if isinstance(server, api.LocalMcpServer):
        command = server.command if isinstance(server.command, str) else tuple(_arguments(server.command))
        return msgspec.structs.replace(
            server, command=command, args=tuple(_arguments(server.args)), env=_values(server.env)
        )
    oauth = server.oauth
    if isinstance(oauth, api.McpOauth) and oauth.client_secret is not None:
        oauth = msgspec.structs.replace(oauth, client_secret=HIDDEN)
    return msgspec.structs.replace(server, url=_address(server.url), headers=_values(server.headers), oauth=oauth)


def _values(named: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if named is None else dict.fromkeys(named, HIDDEN)


def _arguments(arguments: Iterable[str]) -> Iterable[str]:
    """`--token=x` and `--token x` lose their x."""
    follows = False
    for argument in arguments:
        telling = _TELLING.search(argument.partition("=")[0]) is not None
        if follows and not argument.startswith("-"):
            yield HIDDEN
            follows = False
            continue
        assigned = _ASSIGNED.fullmatch(argument)
        yield assigned[1] + HIDDEN if telling and assigned else argument
        follows = telling and assigned is None and argument.startswith("-")


def _address(text: str) -> str:
    """A URL without user, password and query; anything else as it is."""
    try:
        parts = urlsplit(text)
    except ValueError:
        return HIDDEN
    if not parts.netloc:
        return text
    user, at, place = parts.netloc.rpartition("@")
    return urlunsplit(
        (
            parts.scheme,
            HIDDEN + at + place if user else parts.netloc,
            parts.path,
            HIDDEN if parts.query else "",
            "",
        )
    )
