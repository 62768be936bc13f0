"""Completion for zsh."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sandbox_agent.cli.completion.cases import by_answer, places, valued, words_at
from sandbox_agent.cli.tree import Node

__all__ = ["script"]


def script(nodes: Sequence[Node], agents: Sequence[str]) -> str:
    """The script."""
    return "\n".join([*_lines(nodes, agents), ""])


def _lines(nodes: Sequence[Node], agents: Sequence[str]) -> Iterator[str]:
    agent = f"compadd -- {' '.join(agents)}"
    answers = {"anything": ":", "file": "_files", "folder": "_files -/", "agent": agent, "words": "compadd -- %s"}
    yield "#compdef sandbox-agent"
    yield "_sandbox_agent() {"
    yield "    local place= word i"
    yield "    local -a commands options"
    yield "    for ((i = 2; i < CURRENT; i++)); do"
    yield "        word=${words[i]}"
    yield f'        case "$place:$word" in ({valued(nodes)}) ((i++)); continue ;; esac'
    yield f'        case "$place $word" in ({places(nodes)}) place="$place $word" ;; esac'
    yield "    done"
    yield '    case "$place:${words[CURRENT-1]}" in'
    for answer, options in by_answer(nodes, answers).items():
        yield f"        ({options}) {answer}; return ;;"
    yield "    esac"
    yield '    case "$place" in'
    for node in nodes:
        options_of = {name: each.help for each in node.options for name in each.names}
        yield f"        ('{node.place}') options=({_described(options_of)})"
        words = _described(node.commands) or " ".join(words_at(node, agents))
        yield f"            commands=({words}) ;;"
    yield "    esac"
    yield "    if [[ ${words[CURRENT]} == -* ]]; then"
    yield "        _describe -o option options"
    yield "    elif (( $#commands )); then"
    yield "        _describe command commands"
    yield "    fi"
    yield "}"
    yield 'if [ "$funcstack[1]" = _sandbox_agent ]; then'
    yield '    _sandbox_agent "$@"'
    yield "else"
    yield "    compdef _sandbox_agent sandbox-agent"
    yield "fi"


def _described(texts: Mapping[str, str]) -> str:
    return " ".join(_quoted(f"{name.replace(':', chr(92) + ':')}:{words}") for name, words in texts.items())


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "'\\''") + "'"
