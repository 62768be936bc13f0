"""The way to a conversation: it is created, or found again after its server has ended."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from sandbox_agent.adapter import Write
from sandbox_agent.adapter.http import Reply
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.opencode.calls import Calls

__all__ = ["Door"]

_NO_SUCH_CONVERSATION = (400, 404)


class Door:
    """Knows the conversation's id, and whether the server that runs now knows it too."""

    def __init__(self, calls: Calls, resume: str | None) -> None:
        self._calls = calls
        self._asked_to_resume = resume is not None
        self._knocked = False
        self.native_id = resume
        self.open = False

    def knock(self) -> Iterator[Write]:
        """Create or find the conversation, unless that is under way."""
        if not self._knocked:
            self._knocked = True
            yield self._calls.create() if self.native_id is None else self._calls.find(self.native_id)

    def shut(self) -> None:
        """The server is gone."""
        self.open = self._knocked = False

    def answered(self, reply: Reply) -> Literal["open", "unknown", "lost", "failed"]:
        """What became of it. `unknown`: the client named a conversation that is not there; `lost`: it was ours."""
        self._knocked = False
        found = as_dict(reply.body).get("id")
        if reply.ok and isinstance(found, str):
            self.native_id, self.open, self._asked_to_resume = found, True, False
            return "open"
        if reply.reply == "find" and self._asked_to_resume and reply.status:
            # Whatever it has against that id; 1.18.33 answers 500 to one that cannot be an id.
            self._asked_to_resume, self.native_id = False, None
            return "unknown"
        if reply.reply == "find" and reply.status in _NO_SUCH_CONVERSATION:
            self.native_id = None
            return "lost"
        return "failed"
