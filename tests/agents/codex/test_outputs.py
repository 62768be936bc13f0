from __future__ import annotations

import pytest

from sandbox_agent.adapter import Exited
from sandbox_agent.agents.codex.outputs import HELD_BACK
from sandbox_agent.schema.content import ToolResultPart
from sandbox_agent.schema.events import ItemDelta

from .chat import THREAD, Chat

START = 1_000_000


@pytest.fixture
def chat() -> Chat:
    """A command runs."""
    chat = Chat()
    chat.started()
    chat.item("commandExecution", "c1", begins=True, command="make", processId="1", startedAtMs=START)
    return chat


def puts_out(chat: Chat, delta: str, after: int) -> None:
    params = {"threadId": THREAD, "itemId": "c1", "delta": delta}
    chat.hear({"method": "item/commandExecution/outputDelta", "params": params, "emittedAtMs": START + after})


def deltas(chat: Chat) -> list[str]:
    return [event.data.delta for event in chat.events if isinstance(event.data, ItemDelta)]


def done(chat: Chat, output: str) -> ToolResultPart:
    chat.item("commandExecution", "c1", command="make", status="completed", exitCode=0, aggregatedOutput=output)
    part = chat.items[-1].content[0]
    assert isinstance(part, ToolResultPart)
    return part


def test_a_quick_command_has_all_of_its_output_whatever_the_deltas_left_out(chat: Chat) -> None:
    puts_out(chat, "two\n", HELD_BACK - 1)
    assert deltas(chat) == []
    assert done(chat, "one\ntwo\n").output == "one\ntwo\n"


def test_a_slow_one_is_followed_from_its_second_second_on(chat: Chat) -> None:
    puts_out(chat, "one\n", 10)
    puts_out(chat, "two\n", HELD_BACK)
    puts_out(chat, "three\n", HELD_BACK + 1)
    assert deltas(chat) == ["one\ntwo\n", "three\n"]
    assert done(chat, "one\ntwo\nthree\n").output == "one\ntwo\nthree\n"


def test_what_is_held_back_is_said_when_the_turn_ends(chat: Chat) -> None:
    puts_out(chat, "one\n", 10)
    chat.done()
    assert deltas(chat) == ["one\n"]


def test_what_is_held_back_is_said_when_the_server_dies(chat: Chat) -> None:
    puts_out(chat, "one\n", 10)
    chat.exited(Exited(exit_code=-9))
    assert deltas(chat) == ["one\n"]
    assert chat.items[-1].status == "failed"


def test_output_of_what_nobody_saw_begin_is_said_at_once() -> None:
    chat = Chat()
    chat.started()
    puts_out(chat, "one\n", 0)
    assert deltas(chat) == ["one\n"]
