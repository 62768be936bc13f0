"""The whole command line as data: what completion offers and the reference page shows."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sandbox_agent.cli.parser import arguments, positionals, subcommands

__all__ = ["Argument", "Node", "Value", "nodes"]

Value: TypeAlias = Literal["nothing", "anything", "file", "folder", "agent"]
"""What follows an option, or stands at a place, where there is no list of words."""

_VALUES: Mapping[str, Value] = {"FILE": "file", "DIR": "folder", "PATH": "file", "AGENT": "agent"}


@dataclass(frozen=True, kw_only=True)
class Argument:
    """An option, or a positional argument."""

    names: tuple[str, ...]
    """For a positional one, what stands for it in the usage."""
    help: str
    value: Value
    words: tuple[str, ...]
    """What it can be, where that is a list."""
    metavar: str
    required: bool
    repeatable: bool


@dataclass(frozen=True, kw_only=True)
class Node:
    """One command, and those below it by name."""

    path: tuple[str, ...]
    """Without `sandbox-agent`."""
    purpose: str
    description: str
    epilog: str
    commands: Mapping[str, str]
    options: Sequence[Argument]
    positionals: Sequence[Argument]

    @property
    def place(self) -> str:
        """Each word of the path behind a space."""
        return "".join(f" {word}" for word in self.path)


def nodes(parser: argparse.ArgumentParser, path: tuple[str, ...] = (), purpose: str = "") -> Iterator[Node]:
    """The commands of a parser, each before those below it."""
    below = subcommands(parser)
    yield Node(
        path=path,
        purpose=purpose,
        description=parser.description or "",
        epilog=parser.epilog or "",
        commands={name: words for name, (words, _) in below.items()},
        options=[_argument(each) for each in arguments(parser)],
        positionals=[_argument(each) for each in positionals(parser)],
    )
    for name, (words, each) in below.items():
        yield from nodes(each, (*path, name), words)


def _argument(action: argparse.Action) -> Argument:
    metavar = action.metavar if isinstance(action.metavar, str) else action.dest
    takes_none = action.nargs == 0
    words = tuple(str(each) for each in action.choices or ())
    if action.option_strings and not takes_none and action.metavar is None:
        metavar = action.dest.rpartition(".")[2].upper()
    return Argument(
        names=tuple(action.option_strings) or (metavar,),
        help=(action.help or "") % {"default": action.default, "prog": "sandbox-agent"},
        value="nothing" if takes_none else _VALUES.get(metavar.upper(), "anything"),
        words=words,
        metavar="" if takes_none else "|".join(words) or metavar,
        required=action.required and action.nargs != "*",
        repeatable=type(action).__name__ == "_AppendAction" or action.nargs in {"*", "+"},
    )
