"""After a time without the event stream.

Nothing is told again, so what happened meanwhile is asked for, and the answers are read as the events that were missed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeAlias

from sandbox_agent.adapter import Write
from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.values import as_list
from sandbox_agent.agents.opencode.calls import Calls
from sandbox_agent.agents.opencode.conversation import Conversation
from sandbox_agent.agents.opencode.native import (
    MessageUpdated,
    PartUpdated,
    PermissionAsked,
    QuestionAsked,
    read,
)

__all__ = ["Missed", "ask", "missed"]

Missed: TypeAlias = MessageUpdated | PartUpdated | PermissionAsked | QuestionAsked


def ask(calls: Calls, talk: Conversation, native_id: str) -> Iterator[Write]:
    """Ask for what the conversation and its subagents have said, what they wait for, and whether they are busy."""
    talk.tear()
    for each in (native_id, *talk.busy_children):
        yield calls.messages(each)
    yield from calls.open_requests()
    yield calls.states()


def missed(reply: Reply, talk: Conversation) -> Iterator[Missed]:
    """The events that an answer stands for."""
    if reply.reply.startswith("messages"):
        for said in talk.since_prompt(reply):
            yield MessageUpdated(info=said.info)
            for part in said.parts:
                yield PartUpdated(part=part)
        return
    kind = PermissionAsked if reply.reply == "permissions" else QuestionAsked
    for each in as_list(reply.body):
        request = read(each, kind)
        if request is not None:
            yield request
