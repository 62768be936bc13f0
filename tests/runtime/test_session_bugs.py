"""What cannot be read or written, and bugs: none of it stops a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.adapter.mending import CUT, DEEPEST
from sandbox_agent.runtime.requests import Requests
from sandbox_agent.schema.content import TextPart

from .parrot import OddAdapter, StubbornAdapter
from .test_bugs import Left
from .test_session import events, running, say, types, until

pytestmark = pytest.mark.anyio


async def test_a_bug_of_the_adapter_costs_one_message(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    async with running(tmp_path) as session:
        await say(session, '{"bug":"oops"}|{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended")
        unparsed = [event for event in events(session, raw=True) if event.type == "agent.unparsed"]
        assert len(unparsed) == 1
        assert unparsed[0].raw == {"bug": "oops"}
        assert "oops" in unparsed[0].data.error  # type: ignore[attr-defined]
    assert "ValueError: oops" in capsys.readouterr().err


async def test_half_a_character_costs_no_message(tmp_path: Path) -> None:
    """What Node writes when a text was cut within an emoji; no reader but its own takes it."""
    async with running(tmp_path) as session:
        await say(session, r'{"text":"half \ud83d"}|{"end":"completed"}')
        await until(session, "turn.ended")
        said = [event for event in events(session, raw=True) if event.type == "item.completed"]
        assert said[-1].data.item.content == (TextPart(text="half \ufffd"),)  # type: ignore[attr-defined]
        assert said[-1].raw == {"text": "half \ufffd"}


@pytest.mark.parametrize("levels", [450, 900, 950, 2000])
async def test_what_is_nested_too_deeply_costs_itself_alone(tmp_path: Path, levels: int) -> None:
    """Between what can be read and what can be written within an event, the session once stood still for ever."""
    async with running(tmp_path) as session:
        await say(session, '{"status":' + "[" * levels + "]" * levels + '}|{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended")
        assert {"error", "agent.unparsed"}.isdisjoint(types(session))
        items = [event.data.item for event in events(session, raw=True) if event.type == "item.completed"]  # type: ignore[attr-defined]
        assert [item.kind for item in items] == ["status", "message"]
        assert (CUT in str(items[0].content)) == (levels > DEEPEST)


async def test_a_message_that_the_adapter_fails_on_has_a_turn_that_ends(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    async with running(tmp_path, StubbornAdapter) as session:
        await say(session, "bug")
        await until(session, "turn.ended")
        started = next(event.data for event in events(session) if event.type == "turn.started")
        assert started.message_id == "msg_1"  # type: ignore[attr-defined]
        assert types(session)[1:] == ["agent.unparsed", "turn.started", "error", "turn.ended"]
        await say(session, '{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended", 2)
    assert "ValueError: oops" in capsys.readouterr().err


async def test_what_cannot_be_written_costs_no_event(tmp_path: Path) -> None:
    """The adapter reads more JSON out of a text, or is somebody else's and puts anything at all into an event."""
    async with running(tmp_path, OddAdapter) as session:
        await say(session, '{"status":1}|{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended")
        assert types(session).count("item.completed") == 2


async def test_a_bug_of_ours_costs_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise ValueError("oops")

    async with running(tmp_path) as session:
        monkeypatch.setattr(Requests, "automatic", breaks)
        await say(session, '{"ask":"p"}|{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended")
        assert types(session).count("item.completed") == 1
        assert [event.data.code for event in events(session) if event.type == "error"] == ["internal_error"]  # type: ignore[attr-defined]
    assert "ValueError: oops" in capsys.readouterr().err


@pytest.mark.parametrize("message", ['{"bug":"oops"}|{"end":"completed"}', "crash"])
async def test_a_bug_that_nobody_reads_of_stops_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, message: str
) -> None:
    monkeypatch.setattr("sys.stderr", Left())
    async with running(tmp_path) as session:
        await say(session, message)
        await until(session, "turn.ended")
        await say(session, '{"text":"on"}|{"end":"completed"}')
        await until(session, "turn.ended", 2)
