"""Whatever an agent says, in whatever order, and whatever clients do meanwhile: the log is legal and nothing raises."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox_agent.adapter import Agent, Exited
from sandbox_agent.adapter.testing import Step, check_log, play, read_recording
from sandbox_agent.agents import AGENTS
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.events import PermissionRequested, QuestionRequested, StderrTail

FOLDER = Path(__file__).parents[1] / "recordings"
RECORDED = {
    agent.name: [read_recording(path) for path in sorted(FOLDER.joinpath(agent.name).glob("*.jsonl"))]
    for agent in AGENTS.values()
}

CALM = settings(
    max_examples=settings().max_examples // 2, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large]
)

exits = st.builds(
    Exited,
    exit_code=st.none() | st.sampled_from([0, 1, 3, -9, -15]),
    stderr=st.none() | st.just(StderrTail(truncated=False, head="oh")),
    error=st.none() | st.just("cannot be started"),
)
messages = st.builds(
    SendMessage, message_id=st.just("msg_x"), text=st.sampled_from(["", "hello", "/compact"]), steer=st.booleans()
)
json = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "result", "assistant", "item_delta"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["type", "id", "message"]), inner),
    max_leaves=6,
)


def answers(agent: Agent) -> list[Command]:
    """An answer of each kind to each request that the recordings hold."""
    found: list[Command] = []
    for recording in RECORDED[agent.name]:
        for event in play(agent, recording.steps, recording.options).events:
            match event.data:
                case PermissionRequested(permission_id=key):
                    found += [ReplyPermission(permission_id=key, reply=reply) for reply in ("once", "always", "reject")]
                case QuestionRequested(question_id=key):
                    found += [ReplyQuestion(question_id=key, answers=chosen) for chosen in ((), (("x",), ("y", "z")))]
                    found += [RejectQuestion(question_id=key)]
                case _:
                    pass
    return found


def steps_of(agent: Agent) -> st.SearchStrategy[list[Step]]:
    recordings = RECORDED[agent.name]
    recorded = [step for recording in recordings for step in recording.steps]
    commands: list[Step] = [Interrupt(), *answers(agent)]
    one = st.one_of(
        st.sampled_from(recorded),
        st.sampled_from(recorded),
        st.sampled_from(commands),
        messages,
        exits,
    )
    runs = st.sampled_from([recording.steps for recording in recordings]).flatmap(
        lambda steps: st.tuples(st.integers(0, len(steps)), st.integers(0, len(steps))).map(
            lambda cut: list(steps[min(cut) : max(cut)])
        )
    )
    return st.lists(st.one_of(one.map(lambda step: [step]), runs), max_size=12).map(
        lambda groups: [step for group in groups for step in group]
    )


TESTED = [agent for agent in AGENTS.values() if RECORDED[agent.name]]


@pytest.mark.parametrize("agent", TESTED, ids=lambda agent: str(agent.name))
@CALM
@given(data=st.data())
def test_any_order_of_messages_commands_and_exits_gives_a_legal_log(agent: Agent, data: st.DataObject) -> None:
    steps = data.draw(steps_of(agent))
    conversation = play(agent, steps)
    check_log(conversation)
    conversation.command(Terminate())
    check_log(conversation)
    assert conversation.ended


@pytest.mark.parametrize("agent", TESTED, ids=lambda agent: str(agent.name))
@CALM
@given(data=st.data())
def test_any_order_with_messages_that_are_cut_into_wrong_shapes_raises_nothing(
    agent: Agent, data: st.DataObject
) -> None:
    """Each message loses a field, or has another value in its place."""
    steps = data.draw(steps_of(agent))
    bent = [bend(step, data) if isinstance(step, bytes) else step for step in steps]
    check_log(play(agent, bent))


def bend(line: bytes, data: st.DataObject) -> bytes:
    message = msgspec.json.decode(line)
    if isinstance(message, dict) and message:
        key = data.draw(st.sampled_from(sorted(message)))
        if data.draw(st.booleans()):
            del message[key]
        else:
            message[key] = data.draw(json)
    return msgspec.json.encode(message)
