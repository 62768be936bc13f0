"""May a tool run? Amp asks the helper, the helper asks us, and it waits until somebody has answered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_agent.adapter import HelperReply, Output, Synthetic
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.keeper import rejection
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.amp.launch import REFUSED, TOOL
from sandbox_agent.agents.amp.native import HelperAsks, embedded
from sandbox_agent.agents.amp.tools import Tools
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import ReplyPermission
from sandbox_agent.schema.events import PermissionRequested

__all__ = ["Permissions"]

_DENIED = "The user did not allow this. Do not try again by other means; ask what to do instead."
_SUBJECTS = ("command", "path", "url", "patchText")


class Permissions:
    """Remembers which helper waits for which answer."""

    def __init__(self, items: Items, tools: Tools) -> None:
        self._items = items
        self._tools = tools
        self._count = 0
        self._pending: dict[str, tuple[int, PermissionRequested]] = {}

    def asked(self, line: HelperAsks) -> Iterator[Output]:
        """A helper asks."""
        self._count += 1
        tool = line.env.get(TOOL, "")
        given = embedded(line.input)
        if given is None:
            given = line.input
        call_id = self._tools.asking(tool, given)
        metadata = {
            "toolName": tool,
            "input": given,
            "toolUseId": call_id,
            "itemId": self._items.known(call_id),
            "always": f"{tool}({_subject(given)})",
        }
        request = PermissionRequested(
            permission_id=f"permission_{self._count}", action=tool or "tool", metadata=metadata
        )
        self._pending[request.permission_id] = line.id, request
        yield request

    def answered(self, answer: ReplyPermission) -> Iterator[HelperReply]:
        """What the helper is told; nothing when it does not wait any more."""
        helper, _ = self._pending.pop(answer.permission_id, (None, None))
        if helper is None:
            return
        if answer.reply == "reject":
            yield HelperReply(helper=helper, exit_code=REFUSED, message=answer.message or _DENIED)
        else:
            yield HelperReply(helper=helper, exit_code=0)

    def gone(self, helper: int) -> Iterator[Output]:
        """A helper ended by itself: nobody needs the answer any more."""
        for key, (waiting, request) in list(self._pending.items()):
            if waiting == helper:
                del self._pending[key]
                yield Synthetic(data=rejection(request))

    def forget(self) -> None:
        """Nobody waits for answers any more."""
        self._pending.clear()


def _subject(given: Any) -> str:
    """What an `always` covers: this very command or file, for other tools this very input."""
    values = as_dict(given)
    for key in _SUBJECTS:
        if isinstance(values.get(key), str):
            return str(values[key])
    return given if isinstance(given, str) else encode(given).decode()
