"""Completion for fish."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox_agent.cli.tree import Argument, Node

__all__ = ["script"]


def script(nodes: Sequence[Node], agents: Sequence[str]) -> str:
    """The script."""
    return "\n".join([*_place(nodes), *_completions(nodes, agents), ""])


def _place(nodes: Sequence[Node]) -> Iterator[str]:
    options = [f"{node.place}:{name}" for node in nodes for each in node.options for name in each.names if _takes(each)]
    yield "# Completion of sandbox-agent for fish."
    yield "function __sandbox_agent_at"
    yield "    set -l place ''"
    yield "    set -l skip 0"
    yield "    for word in (commandline -opc)[2..]"
    yield "        if test $skip = 1"
    yield "            set skip 0"
    yield "            continue"
    yield "        end"
    yield '        switch "$place:$word"'
    yield f"            case {' '.join(map(_quoted, options))}"
    yield "                set skip 1"
    yield "        end"
    yield '        switch "$place $word"'
    yield f"            case {' '.join(_quoted(node.place) for node in nodes if node.path)}"
    yield '                set place "$place $word"'
    yield "        end"
    yield "    end"
    yield '    test "$place" = "$argv[1]"'
    yield "end"


def _completions(nodes: Sequence[Node], agents: Sequence[str]) -> Iterator[str]:
    yield "complete -c sandbox-agent -e"
    yield "complete -c sandbox-agent -f"
    for node in nodes:
        start = f"complete -c sandbox-agent -n {_quoted(f'__sandbox_agent_at {_quoted(node.place)}')}"
        for name, purpose in node.commands.items():
            yield f"{start} -a {name} -d {_quoted(purpose)}"
        for each in node.positionals:
            listed = each.words or (tuple(agents) if each.value == "agent" else ())
            if listed:
                yield f"{start} -a {_quoted(' '.join(listed))} -d {_quoted(each.help)}"
        for each in node.options:
            yield f"{start} {_option(each, agents)} -d {_quoted(each.help)}"


def _option(option: Argument, agents: Sequence[str]) -> str:
    names = [f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names]
    if option.words or option.value == "agent":
        names += ["-x", "-a", _quoted(" ".join(option.words or agents))]
    elif option.value in {"file", "folder"}:
        names += ["-r", "-F"] if option.value == "file" else ["-x", "-a", _quoted("(__fish_complete_directories)")]
    elif option.value == "anything":
        names.append("-x")
    return " ".join(names)


def _takes(argument: Argument) -> bool:
    return argument.value != "nothing"


def _quoted(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
