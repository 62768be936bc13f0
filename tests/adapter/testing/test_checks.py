"""The kit finds what is wrong with an agent: each of these is the mock agent with one fault."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.adapter import Adapter, Agent, Exited, Output, SessionOptions, Spawn, Synthetic
from sandbox_agent.adapter.testing import (
    Nonconforming,
    check_agent,
    check_golden,
    golden_path,
    read_recording,
    replay,
)
from sandbox_agent.agents.mock import AGENT
from sandbox_agent.agents.mock.adapter import MockAdapter
from sandbox_agent.schema.commands import Command, SendMessage
from sandbox_agent.schema.events import AgentUnparsed, ItemDelta

RECORDINGS = Path(__file__).parents[2] / "recordings" / "mock"
HELLO, SLOW = RECORDINGS / "hello.jsonl", RECORDINGS / "interrupted.jsonl"


def agent_with(fault: type[MockAdapter]) -> Agent:
    make: Callable[[SessionOptions], Adapter] = fault
    return dataclasses.replace(AGENT, adapter=make)


class Swallows(MockAdapter):
    def message(self, message: Any) -> Iterable[Output]:
        return [
            output
            for output in super().message(message)
            if not (isinstance(output, Synthetic) and isinstance(output.data, AgentUnparsed))
        ]


class NeverStartsAgain(MockAdapter):
    def exited(self, exit: Exited) -> Iterable[Output]:
        del exit
        return ()


class ReadsBlindly(MockAdapter):
    def message(self, message: Any) -> Iterable[Output]:
        if isinstance(message, dict):
            message["type"].upper()
        return super().message(message)


class WritesTwice(MockAdapter):
    def command(self, command: Command) -> Iterable[Output]:
        outputs = list(super().command(command))
        return [*outputs, outputs[-1]]


class SpeaksFrench(MockAdapter):
    def message(self, message: Any) -> Iterable[Output]:
        for output in super().message(message):
            yield ItemDelta(item_id=output.item_id, delta="bonjour") if isinstance(output, ItemDelta) else output


class StartsAgainForEver(MockAdapter):
    def exited(self, exit: Exited) -> Iterable[Output]:
        yield from super().exited(exit)
        yield Spawn(link="scripted")


def test_the_mock_itself_passes() -> None:
    check_agent(AGENT, [HELLO, SLOW])


@pytest.mark.parametrize(
    ("fault", "complaint"),
    [
        (Swallows, "swallowed"),
        (NeverStartsAgain, "was not started again"),
        (WritesTwice, "writes something else"),
        (SpeaksFrench, "differs"),
        (StartsAgainForEver, "did not end"),
    ],
)
def test_a_fault_is_found(fault: type[MockAdapter], complaint: str) -> None:
    with pytest.raises(Nonconforming, match=complaint):
        check_agent(agent_with(fault), [SLOW])


def test_an_adapter_that_raises_is_found_where_it_raises() -> None:
    with pytest.raises((KeyError, AttributeError)):
        check_agent(agent_with(ReadsBlindly), [HELLO])


def test_golden_events_are_demanded_and_written_on_request(tmp_path: Path) -> None:
    path = tmp_path / "hello.jsonl"
    path.write_bytes(HELLO.read_bytes())
    with pytest.raises(Nonconforming, match="not there"):
        check_golden(AGENT, path)
    check_golden(AGENT, path, update=True)
    assert golden_path(path).read_text() == golden_path(HELLO).read_text()


def test_a_recording_is_read_with_its_options_and_remarks(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text(
        '= {"session_id":"mine"}\n# a remark\n! {"command":"SendMessage","message_id":"m","text":"hi"}\n'
        '< {"type":"turn_end"}\n> {"a":1}\n\nx {"exit_code":3,"stderr":{"truncated":false,"head":"oh"}}\n'
    )
    recording = read_recording(path)
    send, line, exit = recording.steps
    assert (send, line) == (SendMessage(message_id="m", text="hi"), b'{"type":"turn_end"}')
    assert isinstance(exit, Exited)
    assert (exit.exit_code, exit.stderr is not None and exit.stderr.head) == (3, "oh")
    assert recording.writes == (b'{"a":1}',)
    assert {event.session_id for event in replay(AGENT, path)} == {"mine"}


def test_a_line_without_a_known_mark_is_named(tmp_path: Path) -> None:
    path = tmp_path / "some.jsonl"
    path.write_text("# fine\n? what\n")
    with pytest.raises(ValueError, match=r"some\.jsonl, line 2: no such mark: \?"):
        read_recording(path)


def test_a_replay_gives_the_same_events_each_time() -> None:
    assert replay(AGENT, HELLO) == replay(AGENT, HELLO)
