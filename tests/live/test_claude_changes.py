from __future__ import annotations

import httpx
import pytest

from sandbox_agent.schema import api
from sandbox_agent.schema.base import decode
from sandbox_agent.schema.events import DiffUpdated
from sandbox_agent.testing import call, say

from .daemon import Desk, Talk

pytestmark = pytest.mark.anyio


async def diff_of(desk: Desk, talk: Talk) -> api.SessionDiff:
    async with httpx.AsyncClient(base_url=desk.daemon.url, timeout=60, trust_env=False) as http:
        answer = await http.get(f"/v1/sessions/{talk.session_id}/diff")
    return decode(answer.content, api.SessionDiff)


@pytest.mark.proves("session diff")
async def test_what_a_session_changed_is_told_after_each_turn_and_as_a_diff(desk: Desk) -> None:
    (desk.place / "old.txt").write_text("old\n")
    first = [
        [call("Bash", {"command": "echo new > old.txt; echo more > new.txt", "description": "write"})],
        say("done"),
    ]
    async with desk.talk(first, permissionMode="bypass") as talk:
        await talk.turn("write")
        told = await talk.nth(DiffUpdated)
        assert (told.scope, told.truncated) == ("session", False)
        assert [(file.path, file.change, file.additions, file.deletions) for file in told.files] == [
            ("new.txt", "added", 1, 0),
            ("old.txt", "modified", 1, 1),
        ]
        diff = await diff_of(desk, talk)
        assert diff.files == told.files
        assert "-old\n+new\n" in diff.diff
        talk.model.play([say("nothing"), [call("Bash", {"command": "rm new.txt", "description": "tidy"})], say("done")])
        await talk.turn("rest")
        await talk.turn("tidy up")
        again = await talk.nth(DiffUpdated, 2)
        assert [file.path for file in again.files] == ["old.txt"]
