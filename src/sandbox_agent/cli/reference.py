"""The reference page of the command line, in markdown, from the parser itself. Pure but for imports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sandbox_agent.cli import whole_parser
from sandbox_agent.cli.tree import Argument, Node, nodes

__all__ = ["commands_page"]

_HEAD = """# The command line

Generated from the commands themselves by `make generate`; do not edit by hand. `sandbox-agent COMMAND --help` says the
same in a terminal.

Options have whole names only; what a script abbreviates today would mean something else after the next release.
`--token`, `--token-file` and `--no-token` may stand anywhere on the line. The commands below `agents`, `sessions` and
`fs` exist below `api` too, as older scripts call them.

| exit status | |
| --- | --- |
| 0 | it worked; also `--help` and `--version` |
| 1 | it did not; standard error says why, after what the server answered |
| 2 | a mistake in the command line |
| 3 | `run`: the turn completed, but something was refused because nobody could be asked |
| 130 | Ctrl-C |
| 141 | the reader of our output has left |

| environment | |
| --- | --- |
| `SANDBOX_AGENT_ENDPOINT` | the server, when `--endpoint` is not given |
| `SANDBOX_AGENT_TOKEN` | the token, when neither `--token` nor `--token-file` is given |
| `SANDBOX_AGENT_DATA_DIR` | the folder of installed agents and background servers |
"""
_ALIASES = "api"
_DROPPED = frozenset({"--help"})
_EVERYWHERE = frozenset({"--endpoint", "--token", "--token-file", "--no-token"})


def commands_page() -> str:
    """The whole page."""
    tree = [node for node in nodes(whole_parser()) if node.path and not (node.path[0] == _ALIASES and node.path[1:])]
    shared = next(node for node in tree if node.path == ("sessions", "list"))
    blocks = [_HEAD, "## Options of every command that talks to a server", _table(_only(shared.options, _EVERYWHERE))]
    for node in tree:
        blocks.extend(_section(node))
    return "\n\n".join(block.strip() for block in blocks if block) + "\n"


def _section(node: Node) -> Iterator[str]:
    yield f"{'#' * (len(node.path) + 1)} {' '.join(node.path)}"
    yield node.description or f"{node.purpose.capitalize()}."
    if node.path == (_ALIASES,):
        yield f"They are `{'`, `'.join(node.commands)}`; see there."
    if node.commands:
        return
    yield f"```\nsandbox-agent{node.place}{_usage(node)}\n```"
    talks = bool(_only(node.options, frozenset({"--endpoint"})))
    yield _table([*node.positionals, *_without(node.options, _DROPPED | (_EVERYWHERE if talks else frozenset[str]()))])
    yield _example(node.epilog)


def _example(epilog: str) -> str:
    paragraphs = epilog.split("\n\n")
    return "\n\n".join(_paragraph(each) for each in paragraphs)


def _paragraph(text: str) -> str:
    word, _, line = text.partition(": ")
    if word == "example":
        return f"```sh\n{line}\n```"
    return f"```\n{text}\n```" if "\n" in text else text


def _usage(node: Node) -> str:
    needed = [f" {each.names[-1]} {each.metavar}".rstrip() for each in node.options if each.required]
    return "".join([*needed, " [OPTIONS]", *(f" {_place(each)}" for each in node.positionals)])


def _place(argument: Argument) -> str:
    name = argument.metavar + " ..." * argument.repeatable
    return name if argument.required else f"[{name}]"


def _table(arguments: Sequence[Argument]) -> str:
    return "\n".join(["| | |", "| --- | --- |", *map(_row, arguments)]) if arguments else ""


def _row(argument: Argument) -> str:
    shown = ", ".join(f"`{name}`" for name in argument.names)
    if argument.words:
        shown += f" {', '.join(f'`{word}`' for word in argument.words)}"
    elif argument.metavar and argument.names != (argument.metavar,):
        shown += f" `{argument.metavar}`"
    return f"| {shown} | {argument.help.replace('|', '&#124;')} |"


def _only(options: Iterable[Argument], names: frozenset[str]) -> list[Argument]:
    return [each for each in options if names & set(each.names)]


def _without(options: Iterable[Argument], names: frozenset[str]) -> list[Argument]:
    return [each for each in options if not names & set(each.names)]
