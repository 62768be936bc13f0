"""Conversations as files: one line for each thing that reached an adapter or left it.

    = {"permission_mode": "plan"}              session options; first, if at all
    ! {"command": "SendMessage", "text": ...}  a client asks
    > {"type": "user", ...}                    a line to the agent
    < {"type": "assistant", ...}               a line of the agent, as it came
    x {"exit_code": 1}                         the agent process is gone
    # anything                                 a remark

`>` lines are not played: they are compared with what the adapter writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias

import msgspec

from sandbox_agent.adapter import Adapter, Agent, Exited, Native, Output, SessionOptions, Write
from sandbox_agent.adapter.testing.conversation import Conversation
from sandbox_agent.schema.base import to_builtins
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
    Terminate,
)
from sandbox_agent.schema.events import Event, StderrTail

__all__ = ["Recorder", "Recording", "Step", "play", "read_recording", "replay"]

_COMMANDS: dict[str, type[Command]] = {
    kind.__name__: kind for kind in (SendMessage, ReplyPermission, ReplyQuestion, RejectQuestion, Interrupt, Terminate)
}

Step: TypeAlias = Command | Exited | bytes
"""What reaches an adapter; bytes are a line of the agent."""


class Recording(NamedTuple):
    """A conversation."""

    name: str
    options: Mapping[str, Any]
    steps: tuple[Step, ...]
    writes: tuple[bytes, ...]


def read_recording(path: Path) -> Recording:
    """The recording in a file. Raises `ValueError` with the line that cannot be read."""
    options: dict[str, Any] = {}
    steps: list[Step] = []
    writes: list[bytes] = []
    for number, line in enumerate(path.read_bytes().splitlines(), 1):
        mark, _, rest = line.partition(b" ")
        match mark:
            case b"=":
                options = msgspec.json.decode(rest, type=dict[str, Any])
            case b"!":
                steps.append(_command(rest))
            case b"<":
                steps.append(rest)
            case b">":
                writes.append(rest)
            case b"x":
                steps.append(_exit(rest))
            case b"#" | b"":
                pass
            case _:
                raise ValueError(f"{path.name}, line {number}: no such mark: {mark.decode(errors='replace')}")
    return Recording(path.stem, options, tuple(steps), tuple(writes))


def replay(agent: Agent, recording: Recording | Path) -> list[Event]:
    """The events that a recording gives, with fixed times."""
    if isinstance(recording, Path):
        recording = read_recording(recording)
    return play(agent, recording.steps, recording.options).events


def play(agent: Agent, steps: Iterable[Step], options: Mapping[str, Any] | None = None) -> Conversation:
    """A conversation with `agent` in which `steps` have happened."""
    settings: dict[str, Any] = {"session_id": "session", "directory": "/tmp/project", **(options or {})}  # noqa: S108
    conversation = Conversation(agent, SessionOptions(**settings))
    for step in steps:
        match step:
            case bytes():
                conversation.line(step)
            case Exited():
                conversation.exited(step)
            case _:
                conversation.command(step)
    return conversation


class Recorder:
    """Writes down a session: give `adapter` and `decode` of this object to the session instead of the agent's own."""

    def __init__(self, agent: Agent, options: SessionOptions) -> None:
        self.lines: list[str] = []
        self._inner: Adapter = agent.adapter(options)
        self._decode = agent.decode
        self._line = b""

    @property
    def steerable(self) -> bool:
        """See `Adapter`."""
        return self._inner.steerable

    def decode(self, line: bytes) -> Native:
        """See `Agent.decode`."""
        self._line = line
        return self._decode(line)

    def command(self, command: Command) -> Iterable[Output]:
        """See `Adapter`."""
        self._note("!", {"command": type(command).__name__, **to_builtins(command)})
        return self._written(self._inner.command(command))

    def message(self, message: Native) -> Iterable[Output]:
        """See `Adapter`."""
        self.lines.append("< " + self._line.decode().rstrip("\n"))
        return self._written(self._inner.message(message))

    def exited(self, exit: Exited) -> Iterable[Output]:
        """See `Adapter`."""
        self._note("x", to_builtins(exit))
        return self._written(self._inner.exited(exit))

    def _written(self, outputs: Iterable[Output]) -> list[Output]:
        taken = list(outputs)
        self.lines.extend("> " + output.data.decode().rstrip("\n") for output in taken if isinstance(output, Write))
        return taken

    def _note(self, mark: str, value: Any) -> None:
        self.lines.append(f"{mark} {msgspec.json.encode(value).decode()}")


def _command(text: bytes) -> Command:
    fields = msgspec.json.decode(text, type=dict[str, Any])
    kind = _COMMANDS[fields.pop("command")]
    return msgspec.convert(fields, type=kind)


def _exit(text: bytes) -> Exited:
    fields = msgspec.json.decode(text, type=dict[str, Any])
    stderr = fields.get("stderr")
    return Exited(
        exit_code=fields.get("exit_code"),
        stderr=None if stderr is None else msgspec.convert(stderr, type=StderrTail),
        error=fields.get("error"),
    )
