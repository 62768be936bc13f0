"""What a session of OpenCode changed, told by the daemon."""

from __future__ import annotations

import pytest

from sandbox_agent.schema.events import DiffUpdated
from sandbox_agent.testing import call, say

from .desk import OpenDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("session diff")
async def test_what_a_session_changed_is_told(desk: OpenDesk) -> None:
    (desk.place / "old.txt").write_text("old\n")
    change = call("bash", {"command": "echo new > old.txt; echo more > new.txt", "description": "change"})
    async with desk.talk([[change], say("done")]) as talk:
        await talk.turn("go")
        event = await talk.until(lambda event: isinstance(event.data, DiffUpdated) and event.data.scope == "session")
        assert isinstance(event.data, DiffUpdated)
        assert [(file.path, file.change, file.additions, file.deletions) for file in event.data.files] == [
            ("new.txt", "added", 1, 0),
            ("old.txt", "modified", 1, 1),
        ]
