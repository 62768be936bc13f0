"""What of a session's configuration may be shown again: everything but what may be a secret. Pure."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import urlsplit, urlunsplit

import msgspec

from sandbox_agent.schema import api

__all__ = ["HIDDEN", "shown_mcp", "shown_skills"]

HIDDEN = "[redacted]"
"""In the place of what may be a secret."""
_TELLING = re.compile(r"key|token|secret|password|passwd|credential|auth|bearer", re.IGNORECASE)
_ASSIGNED = re.compile(r"(-{0,2}[\w.-]+=).+", re.DOTALL)
_HEADER = re.compile(r"([\w-]+:\s*).+", re.DOTALL)
_HEADER_FLAGS = frozenset({"-H", "--header"})


def shown_mcp(servers: Mapping[str, api.McpServer]) -> dict[str, api.McpServer]:
    """The servers without values of variables and headers, client secrets, and arguments named after secrets."""
    return {name: _shown(server) for name, server in servers.items()}


def shown_skills(skills: api.Skills) -> api.Skills:
    """The sources without what may log in to them."""
    sources = tuple(msgspec.structs.replace(each, source=_address(each.source)) for each in skills.sources)
    return msgspec.structs.replace(skills, sources=sources)


def _shown(server: api.McpServer) -> api.McpServer:
    if isinstance(server, api.LocalMcpServer):
        if isinstance(server.command, str):
            command: str | tuple[str, ...] = " ".join(_arguments(_words(server.command)))
        else:
            command = tuple(_arguments(server.command))
        return msgspec.structs.replace(
            server, command=command, args=tuple(_arguments(server.args)), env=_values(server.env)
        )
    oauth = server.oauth
    if isinstance(oauth, api.McpOauth) and oauth.client_secret is not None:
        oauth = msgspec.structs.replace(oauth, client_secret=HIDDEN)
    return msgspec.structs.replace(server, url=_address(server.url), headers=_values(server.headers), oauth=oauth)


def _values(named: Mapping[str, str] | None) -> dict[str, str] | None:
    return None if named is None else dict.fromkeys(named, HIDDEN)


def _arguments(arguments: Iterable[str]) -> Iterator[str]:
    """`--token=x`, `--token x`, `--header "name: x"` and the logins of URLs lose their x."""
    before = ""
    for argument in arguments:
        yield _argument(before, argument)
        before = argument


def _words(line: str) -> list[str]:
    """The words of a command, as a shell finds them; nothing of one that no shell would understand."""
    try:
        return shlex.split(line)
    except ValueError:
        return [HIDDEN]


def _argument(before: str, argument: str) -> str:
    header = _HEADER.fullmatch(argument)
    if header and (before in _HEADER_FLAGS or _TELLING.search(header[1])):
        return header[1] + HIDDEN
    if before.startswith("-") and "=" not in before and _TELLING.search(before) and not argument.startswith("-"):
        return HIDDEN
    assigned = _ASSIGNED.fullmatch(argument)
    if assigned is None:
        return _address(argument) if "://" in argument else argument
    name = assigned[1]
    if _TELLING.search(name):
        return name + HIDDEN
    value = argument[len(name) :]
    header = _HEADER.fullmatch(value)
    if header and name.rstrip("=") in _HEADER_FLAGS:
        return name + header[1] + HIDDEN
    return name + _address(value) if "://" in value else argument


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
