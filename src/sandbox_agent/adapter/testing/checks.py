"""What every agent must pass: its recordings give what they gave, and no misfortune breaks the log."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec

from sandbox_agent.adapter import Agent, Exited, Spawn
from sandbox_agent.adapter.testing.conversation import Conversation
from sandbox_agent.adapter.testing.recording import Recording, Step, play, read_recording
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import Interrupt, SendMessage, Terminate
from sandbox_agent.schema.content import streamed_text
from sandbox_agent.schema.events import AgentUnparsed, Event, EventData, ItemCompleted, ItemDelta
from sandbox_agent.schema.grammar import Grammar, SessionPhase, check

__all__ = ["CHECKS", "Nonconforming", "check_agent", "check_golden", "check_log", "golden_path"]

POINTS = 24
"""At how many places of a recording, evenly spread, a misfortune strikes."""
SHUFFLES = 8
STRANGE = (b"{}", b"[]", b"5", b'"text"', b"null", b'{"type":"no_such_type"}', b'{"type":null}', b'{"type":{"a":[]}}')


class Nonconforming(AssertionError):
    """An agent does not keep the contract."""


def check_agent(agent: Agent, recordings: Iterable[Path], *, update: bool = False) -> None:
    """Run everything on all recordings of an agent. `update` writes the golden events anew.

    Raises `Nonconforming` or `grammar.Violation`, or whatever the adapter raised.
    """
    for path in recordings:
        check_golden(agent, path, update=update)
        recording = read_recording(path)
        for run in CHECKS:
            run(agent, recording)


def golden_path(recording: Path) -> Path:
    """Where the events of a recording are kept."""
    return recording.with_suffix(".events.json")


def check_golden(agent: Agent, path: Path, *, update: bool = False) -> None:
    """A recording gives the events beside it, is legal, and the adapter writes what it wrote."""
    recording = read_recording(path)
    conversation = play(agent, recording.steps, recording.options)
    check_log(conversation)
    written = [msgspec.json.decode(line) for line in conversation.writes]
    expected = [msgspec.json.decode(line) for line in recording.writes]
    _demand(written == expected or not expected, f"{path.name}: the adapter writes something else")
    text = _pretty(conversation.events)
    golden = golden_path(path)
    if update:
        golden.write_text(text)
    _demand(golden.exists(), f"{golden.name} is not there: run with `update` and read what it gives")
    _demand(text == golden.read_text(), f"{golden.name} differs from what the adapter says now")


def check_log(conversation: Conversation) -> Grammar:
    """The log is legal, survives the wire, and holds every text the adapter said."""
    grammar = check(conversation.events)
    if grammar.phase is not SessionPhase.ENDED:
        logged = [event.data for event in conversation.events]
        deltas, finals = _texts(logged, ItemDelta), _texts(logged, ItemCompleted)
        for key, text in map(_piece, conversation.said):
            kept = text.strip() in deltas.get(key, "") or text.strip() in finals.get(key, "")
            _demand(kept, f"lost text of {key}: {text[:80]!r}")
    return grammar


def strikes_at_every_point(agent: Agent, recording: Recording) -> None:
    """Interrupted, terminated, or the process gone: at any point the turn ends, and the session goes on or is over."""
    for steps in _beginnings(recording):
        interrupted = play(agent, [*steps, Interrupt(), Exited(exit_code=-15)], recording.options)
        _is_usable(interrupted)
        _is_usable(play(agent, [*steps, Exited(exit_code=1)], recording.options))
        _is_usable(play(agent, [*steps, Exited(error="cannot be started")], recording.options))
        terminated = play(agent, [*steps, Terminate()], recording.options)
        _demand(check_log(terminated).phase is SessionPhase.ENDED, "the session did not end")


def goes_on_after_an_interrupt(agent: Agent, recording: Recording) -> None:
    """What an agent still says of an interrupted turn is kept."""
    for at, steps in enumerate(_beginnings(recording)):
        rest = recording.steps[len(steps) :]
        interrupted = play(agent, [*steps, Interrupt(), *rest, Exited(exit_code=at)], recording.options)
        _is_usable(interrupted)


def strange_messages_change_nothing(agent: Agent, recording: Recording) -> None:
    """A message nobody knows is kept as `agent.unparsed` and the rest is as it was."""
    expected = _without_unparsed(play(agent, recording.steps, recording.options).events)
    steps: list[Step] = []
    for index, step in enumerate(recording.steps):
        steps += [step, STRANGE[index % len(STRANGE)]]
    conversation = play(agent, steps, recording.options)
    check_log(conversation)
    _demand(_without_unparsed(conversation.events) == expected, f"{recording.name}: a strange message changed the log")
    talk = Conversation(agent)
    talk.line(b'{"type":"no_such_type"}')
    _demand(talk.events[-1].type == AgentUnparsed.TYPE, "a message nobody knows was swallowed")


def everything_twice(agent: Agent, recording: Recording) -> None:
    """Repeated lines, exits and commands do no harm."""
    steps = [twice for step in recording.steps for twice in (step, step)]
    check_log(play(agent, steps, recording.options))


def any_order(agent: Agent, recording: Recording) -> None:
    """Lines in a wrong order lose nothing."""
    for seed in range(SHUFFLES):
        check_log(play(agent, _shuffled(recording.steps, seed), recording.options))
    check_log(play(agent, recording.steps[::-1], recording.options))


def any_line_missing(agent: Agent, recording: Recording) -> None:
    """A line that never came leaves a legal log."""
    for at in _points(len(recording.steps)):
        steps = [*recording.steps[:at], *recording.steps[at + 1 :]]
        _is_usable(play(agent, [*steps, Exited(exit_code=1)], recording.options))


CHECKS: tuple[Callable[[Agent, Recording], None], ...] = (
    strikes_at_every_point,
    goes_on_after_an_interrupt,
    strange_messages_change_nothing,
    everything_twice,
    any_order,
    any_line_missing,
)
"""What `check_agent` does with each recording, beside the golden events."""


def _is_usable(conversation: Conversation) -> None:
    """The turn is over; unless the session is, the next message starts the agent again."""
    _exit_again(conversation)
    if check_log(conversation).phase is SessionPhase.ENDED:
        return
    before = len(conversation.effects)
    conversation.command(SendMessage(message_id="msg_after", text="go on"))
    started = any(isinstance(effect, Spawn) for effect in conversation.effects[before:])
    _demand(started, "the agent was not started again")
    conversation.exited(Exited(exit_code=0))
    _exit_again(conversation)
    check_log(conversation)


def _exit_again(conversation: Conversation) -> None:
    """Each message that waits has its turn, and an adapter may try once more to go on with one, but not for ever."""
    for _ in range(2 + conversation.queued):
        if conversation.keeper.turn_open:
            conversation.exited(Exited(exit_code=1))
    _demand(not conversation.keeper.turn_open, "the turn did not end")


def _beginnings(recording: Recording) -> Iterable[Sequence[Step]]:
    return (recording.steps[:at] for at in _points(len(recording.steps) + 1))


def _shuffled(steps: Sequence[Step], seed: int) -> list[Step]:
    """The same wrong order each time."""
    order = [(zlib.crc32(f"{seed}:{index}".encode()), index) for index in range(len(steps))]
    return [steps[index] for _, index in sorted(order)]


def _points(length: int) -> Iterable[int]:
    return range(length) if length <= POINTS else sorted({index * length // POINTS for index in range(POINTS)})


def _piece(data: EventData) -> tuple[str, str]:
    match data:
        case ItemDelta(item_id=item_id, delta=delta):
            return item_id, delta
        case ItemCompleted(item=item):
            return item.item_id, streamed_text(item)
        case _:
            return "", ""


def _texts(log: Iterable[EventData], kind: type[EventData]) -> dict[str, str]:
    texts: defaultdict[str, list[str]] = defaultdict(list)
    for data in log:
        if isinstance(data, kind):
            key, text = _piece(data)
            texts[key.partition("_again_")[0]].append(text)
    return {"": "", **{key: "".join(parts) for key, parts in texts.items()}}


def _demand(condition: bool, complaint: str) -> None:
    if not condition:
        raise Nonconforming(complaint)


def _without_unparsed(events: Iterable[Event]) -> list[EventData]:
    return [event.data for event in events if not isinstance(event.data, AgentUnparsed)]


def _pretty(events: Sequence[Event]) -> str:
    return msgspec.json.format(encode(events), indent=1).decode() + "\n"
