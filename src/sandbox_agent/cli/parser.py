"""The parser that every command uses, and a way to look at a parser from outside: completion and reference need one."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any, NoReturn, TypeAlias, cast

__all__ = ["Parser", "Subparsers", "arguments", "positionals", "subcommands", "words_of"]

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
"""Where a command is added."""


class _Formatter(argparse.HelpFormatter):
    """Wraps every line for itself, but leaves examples and indented lines whole: they are to be copied."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        return "\n".join(
            line if line.startswith(("example: ", "  ")) else super(_Formatter, self)._fill_text(line, width, indent)
            for line in text.split("\n")
        )


class Parser(argparse.ArgumentParser):
    """Takes options by their whole names only: an abbreviation that works today would break with the next option."""

    def __init__(self, **options: Any) -> None:
        options.setdefault("formatter_class", _Formatter)
        super().__init__(allow_abbrev=False, **options)

    def error(self, message: str) -> NoReturn:
        """Say what is wrong and where to read more; ends with 2."""
        self.print_usage()
        self.exit(2, f"{self.prog}: {message}\nSee: {self.prog} --help\n")

    def print_usage(self, file: Any = None) -> None:
        """On stderr, unlike the help, which was asked for."""
        self._print_message(self.format_usage(), file)


def arguments(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """The options of a parser that its help shows, in order; not its positional arguments."""
    return [each for each in _actions(parser) if each.option_strings and each.help != argparse.SUPPRESS]


def positionals(parser: argparse.ArgumentParser) -> Sequence[argparse.Action]:
    """The positional arguments of a parser, sub-commands excepted."""
    return [each for each in _actions(parser) if not each.option_strings and not _is_branch(each)]


def subcommands(parser: argparse.ArgumentParser) -> Mapping[str, tuple[str, argparse.ArgumentParser]]:
    """The sub-commands of a parser: what each is for, and its own parser."""
    for action in _actions(parser):
        if _is_branch(action):
            branch = cast("Any", action)
            purposes: dict[str, str] = {each.dest: each.help or "" for each in branch._choices_actions}  # noqa: SLF001
            parsers: dict[str, argparse.ArgumentParser] = branch.choices
            return {name: (purposes.get(name, ""), each) for name, each in parsers.items()}
    return {}


def words_of(parser: argparse.ArgumentParser, args: argparse.Namespace) -> list[str]:
    """The options of a parser as they were given, to be passed on to another program. Defaults are left out."""
    words: list[str] = []
    for action in arguments(parser):
        value = getattr(args, action.dest, action.default)
        name = action.option_strings[-1]
        if action.nargs == 0:
            words += [name] if value is True else []
        elif value is not None and value != action.default:
            words += [f"{name}={each}" for each in (value if isinstance(value, list) else [value])]  # pyright: ignore[reportUnknownVariableType]
    return words


def _actions(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return parser._actions  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]


def _is_branch(action: argparse.Action) -> bool:
    return isinstance(action, argparse._SubParsersAction)  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]
