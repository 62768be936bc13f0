"""The way to a conversation: it is created, forked from another, or found again after its server has ended.

A fork takes up what was said before a message of the other one, or all of it; so that message is looked for first. The
copies have ids of their own, and events of them may come late: they are asked for before anything new is said.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, TypeAlias

from sandbox_agent.adapter import Fork, SessionOptions, Write
from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.opencode.calls import COPIED, Calls
from sandbox_agent.agents.opencode.router import ORIGIN

__all__ = ["Answered", "Door"]

_NO_SUCH_CONVERSATION = (400, 404)
Answered: TypeAlias = Literal["open", "copied", "going", "unknown", "lost", "failed"]
"""`copied`: open, and the reply lists what was said before; `going`: there is more to ask; `unknown`: the client
named a conversation that is not there; `lost`: it was ours."""


class Door:
    """Knows the conversation's id, and whether the server that runs now knows it too."""

    def __init__(self, calls: Calls, options: SessionOptions) -> None:
        self._calls = calls
        self._fork = options.fork
        self._named = options.resume or (options.fork.native_id if options.fork else None)
        """The conversation that the client named, until it was there."""
        self._next: Write | None = None
        self._knocked = False
        self.native_id = options.resume
        self.open = False

    @property
    def sought(self) -> str | None:
        """What is to be found."""
        return self.native_id or self._named

    def knock(self) -> Iterator[Write]:
        """Create, fork or find the conversation, or take the next step of that, unless it is under way."""
        if self._next is not None:
            step, self._next = self._next, None
            yield step
        elif not self._knocked:
            self._knocked = True
            if self.native_id is not None:
                yield self._calls.find(self.native_id)
            else:
                yield self._calls.origin(self._fork.native_id) if self._fork else self._calls.create()

    def shut(self) -> None:
        """The server is gone."""
        self.open = self._knocked = False
        self._next = None

    def answered(self, reply: Reply) -> Answered:
        """What became of it."""
        if reply.ok and reply.reply == ORIGIN and self._fork is not None:
            self._next = self._calls.fork(self._fork.native_id, _after(self._fork, reply))
            return "going"
        if reply.reply == COPIED and self.native_id is not None:
            self._arrived(self.native_id)
            return "copied" if reply.ok else "open"
        found = as_dict(reply.body).get("id")
        if reply.ok and isinstance(found, str):
            if self._fork is not None:
                self.native_id, self._next = found, self._calls.copied(found)
                return "going"
            self._arrived(found)
            return "open"
        self._knocked = False
        return self._refused(reply)

    def _arrived(self, native_id: str) -> None:
        self.native_id, self.open = native_id, True
        self._knocked, self._named, self._fork = False, None, None

    def _refused(self, reply: Reply) -> Answered:
        looked = reply.reply in ("find", ORIGIN)
        if looked and self._named is not None and reply.status:
            # Whatever it has against that id; 1.18.33 answers 500 to one that cannot be an id.
            self._named = self._fork = self.native_id = None
            return "unknown"
        if looked and reply.status in _NO_SUCH_CONVERSATION:
            self.native_id = None
            return "lost"
        return "failed"


def _after(fork: Fork, reply: Reply) -> str | None:
    """The first message that is not to be taken along."""
    ids = [as_text(as_dict(as_dict(each).get("info")).get("id")) for each in as_list(reply.body)]
    return ids[ids.index(fork.position) + 1] if fork.position in ids[:-1] else None
