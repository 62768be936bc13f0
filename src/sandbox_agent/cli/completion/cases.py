"""What bash and zsh share: where the cursor is, found by walking over the words before it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sandbox_agent.cli.tree import Argument, Node

__all__ = ["by_answer", "patterns", "places", "valued", "words_at"]


def places(nodes: Sequence[Node]) -> str:
    """A pattern for everything that is a command, with the commands above it."""
    return patterns(node.place for node in nodes if node.path)


def valued(nodes: Sequence[Node]) -> str:
    """A pattern for each option that takes the next word, behind its place and a colon."""
    return patterns(
        f"{node.place}:{name}" for node in nodes for each in node.options if _takes(each) for name in each.names
    )


def by_answer(nodes: Sequence[Node], answers: Mapping[str, str]) -> Mapping[str, str]:
    """What to do for the value of an option, and the pattern of options that it is done for.

    `answers`: what a shell does for a kind of value; `words` is for a list of words and has a `%s` for them.
    """
    found: dict[str, list[str]] = {}
    for node in nodes:
        for each in node.options:
            if _takes(each):
                answer = answers["words"] % " ".join(each.words) if each.words else answers[each.value]
                found.setdefault(answer, []).extend(f"{node.place}:{name}" for name in each.names)
    return {answer: patterns(options) for answer, options in found.items()}


def words_at(node: Node, agents: Sequence[str]) -> Sequence[str]:
    """What may stand behind a command that is no option: the commands below it, or the words it takes."""
    if node.commands:
        return tuple(node.commands)
    return [word for each in node.positionals for word in each.words or (agents if each.value == "agent" else ())]


def patterns(texts: Iterable[str]) -> str:
    """A pattern of a shell's `case` that matches just these."""
    return "|".join(f"'{each}'" for each in texts)


def _takes(argument: Argument) -> bool:
    return argument.value != "nothing"
