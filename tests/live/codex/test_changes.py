"""What a session of Codex changed, told by the daemon."""

from __future__ import annotations

import pytest

from sandbox_agent.schema.events import DiffUpdated
from sandbox_agent.testing import call, say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio


@pytest.mark.proves("session diff")
async def test_what_a_session_changed_is_told(desk: CodexDesk) -> None:
    (desk.place / "old.txt").write_text("old\n")
    change = call("exec_command", {"cmd": "echo new > old.txt; echo more > new.txt"})
    async with desk.talk([change, say("done")], permissionMode="bypass") as talk:
        await talk.turn("go")
        event = await talk.until(lambda event: isinstance(event.data, DiffUpdated) and event.data.scope == "session")
        assert isinstance(event.data, DiffUpdated)
        assert [(file.path, file.change, file.additions, file.deletions) for file in event.data.files] == [
            ("new.txt", "added", 1, 0),
            ("old.txt", "modified", 1, 1),
        ]
