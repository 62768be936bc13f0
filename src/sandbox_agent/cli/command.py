"""What a command adds to the endpoint it calls: its name, an example, and how fields are spelled on a command line.

Everything else (method, path, fields, which are needed, what the answer is) is said once, in the table of endpoints.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

__all__ = ["NO_OPTIONS", "Command", "Content", "Option", "Upload"]

Content: TypeAlias = Any
"""What httpx takes as the content of a request."""


@dataclass(frozen=True, kw_only=True)
class Option:
    """How one field of a request is spelled. A field without one is an option of its own name."""

    names: tuple[str, ...] = ()
    """`-m`, `--message`; a name without dashes is a positional argument."""
    help: str = ""
    metavar: str | None = None
    read: Callable[[str], Any] | None = None
    """The JSON value of what was typed. Raises `argparse.ArgumentTypeError`."""
    repeat: bool = False
    wrap: Callable[[list[Any]], Any] | None = None
    """For a repeated option: the JSON value of all of them."""


@dataclass(frozen=True, kw_only=True)
class Upload:
    """A body that is streamed."""

    add: Callable[[argparse.ArgumentParser], None]
    open: Callable[[argparse.Namespace], AbstractContextManager[Content]]
    content_type: str = "application/octet-stream"


NO_OPTIONS: Mapping[str, Option] = {}


@dataclass(frozen=True, kw_only=True)
class Command:
    """One call of the HTTP API as a command."""

    name: str
    endpoint: str
    """Its name in the table of endpoints."""
    example: str
    """Without the `sandbox-agent` in front."""
    purpose: str = ""
    """Where what the endpoint says of itself makes no sense on a command line."""
    options: Mapping[str, Option] = field(default_factory=lambda: NO_OPTIONS)
    """By field of the path, the query or the body."""
    upload: Upload | None = None
