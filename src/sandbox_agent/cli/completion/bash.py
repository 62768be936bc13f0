"""Completion for bash, 3.2 and newer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox_agent.cli.completion.cases import by_answer, places, valued, words_at
from sandbox_agent.cli.tree import Node

__all__ = ["script"]

_FILES = """IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$cur"))"""
_FOLDERS = """IFS=$'\\n'; compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$cur"))"""
_WORDS = "COMPREPLY=($(compgen -W '%s' -- \"$cur\"))"


def script(nodes: Sequence[Node], agents: Sequence[str]) -> str:
    """The script."""
    return "\n".join([*_lines(nodes, agents), ""])


def _lines(nodes: Sequence[Node], agents: Sequence[str]) -> Iterator[str]:
    agent = _WORDS % " ".join(agents)
    answers = {"anything": ":", "file": _FILES, "folder": _FOLDERS, "agent": agent, "words": _WORDS}
    yield "# Completion of sandbox-agent for bash."
    yield "_sandbox_agent() {"
    yield "    local IFS=$' \\t\\n' cur=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} place= word i"
    yield "    COMPREPLY=()"
    yield "    for ((i = 1; i < COMP_CWORD; i++)); do"
    yield "        word=${COMP_WORDS[i]}"
    yield f'        case "$place:$word" in {valued(nodes)}) ((i++)); continue ;; esac'
    yield f'        case "$place $word" in {places(nodes)}) place="$place $word" ;; esac'
    yield "    done"
    yield '    case "$place:$before" in'
    for answer, options in by_answer(nodes, answers).items():
        yield f"        {options}) {answer}; return ;;"
    yield "    esac"
    yield '    case "$place:$cur" in'
    for node in nodes:
        options = " ".join(name for each in node.options for name in each.names)
        yield f"        '{node.place}':-*) {_WORDS % options} ;;"
        words = " ".join(words_at(node, agents))
        if words:
            yield f"        '{node.place}':*) {_WORDS % words} ;;"
    yield "    esac"
    yield "}"
    yield "complete -F _sandbox_agent sandbox-agent"
