"""Chooses the reply to each request: one script per session, rules before the order. No I/O."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import chain, cycle
from typing import Any, TypeAlias, cast

import msgspec

from sandbox_agent.testing.model.request import ModelRequest
from sandbox_agent.testing.model.script import (
    NO_MORE_REPLIES,
    Reply,
    ReplyLike,
    Rule,
    Say,
    Script,
    attempts,
    reply_of,
)

__all__ = ["Chooser", "Director"]

Chooser: TypeAlias = Callable[[ModelRequest], ReplyLike | None]
"""Decides on a reply itself, or leaves it to the script with None."""

_Place: TypeAlias = tuple[str, int, str, int]
# The session, and for a rule its number and the prompt that it answers.
_GROUP = re.compile(r"\$([1-9])")


class Director:
    """Remembers how far each session has come in its script."""

    def __init__(self, script: Script, choose: Chooser | None = None) -> None:
        self._script = script
        self._choose = choose
        self._scripts: dict[str, Script] = {}
        self._running: dict[_Place, Iterator[Reply]] = {}

    def play(self, script: Script, session_id: str | None = None) -> None:
        """From now on another script, from its beginning: in one session, or in all without their own."""
        if session_id is None:
            self._script = script
            self._forget(lambda session: session not in self._scripts)
            return
        self._scripts[session_id] = script
        self._forget(lambda session: session == session_id)

    def reply(self, request: ModelRequest) -> Reply:
        """The answer to this request; asking again gives the next one."""
        if self._choose is not None and (chosen := self._choose(request)) is not None:
            return next(attempts(reply_of(chosen)))
        script = self._scripts.get(request.session_id, self._script)
        for number, rule in enumerate(script.rules):
            groups = match(rule, request)
            if groups is not None:
                place = (request.session_id, number, request.first_prompt, len(request.prompts))
                return self._next(place, fill(rule.replies, groups), loop=False)
        return self._next((request.session_id, -1, "", 0), script.replies, loop=script.loop)

    def _forget(self, chosen: Callable[[str], bool]) -> None:
        self._running = {place: rest for place, rest in self._running.items() if not chosen(place[0])}

    def _next(self, place: _Place, replies: tuple[Reply, ...], *, loop: bool) -> Reply:
        if place not in self._running:
            ordered = cycle(replies) if loop else iter(replies)
            self._running[place] = chain.from_iterable(attempts(each) for each in ordered)
        return next(self._running[place], Reply(steps=(Say(text=NO_MORE_REPLIES),)))


def match(rule: Rule, request: ModelRequest) -> tuple[str, ...] | None:
    """The groups of the rule's patterns if it is for this request, else None."""
    groups: tuple[str, ...] = ()
    for pattern, text in ((rule.first, request.first_prompt), (rule.prompt, request.prompt)):
        found = re.search(pattern, text)
        if found is None:
            return None
        groups += tuple(group or "" for group in found.groups())
    return groups


def fill(replies: tuple[Reply, ...], groups: tuple[str, ...]) -> tuple[Reply, ...]:
    """The replies with `$1`, `$2` ... replaced, where the pattern has that group."""
    if not groups:
        return replies
    return msgspec.convert(_filled(msgspec.to_builtins(replies), groups), tuple[Reply, ...])


def _filled(value: Any, groups: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        return _GROUP.sub(lambda found: _group(found, groups), value)
    if isinstance(value, dict):
        return {key: _filled(each, groups) for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [_filled(each, groups) for each in cast("list[Any]", value)]
    return value


def _group(found: re.Match[str], groups: tuple[str, ...]) -> str:
    number = int(found[1])
    return groups[number - 1] if number <= len(groups) else found[0]
