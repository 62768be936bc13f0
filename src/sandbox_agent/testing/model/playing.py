"""How a reply is played on any wire: its steps in order, where it pauses and breaks, what of it a client gets. No I/O.

What the steps are called on a wire is the business of its voice, one for each API.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.model.script import Call, Cut, Emit, Fail, Flood, Reply, Say, Stall, Think

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = [
    "Act",
    "Break",
    "Hold",
    "Json",
    "Refuse",
    "Said",
    "Send",
    "Told",
    "Voice",
    "Wait",
    "Wording",
    "collected",
    "event_frame",
    "pieces",
    "streamed",
]

Json: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Some seconds of silence."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Hold:
    """Silence until this name is released."""

    name: str


@dataclass(frozen=True, slots=True)
class Send:
    """Bytes of the response body."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """An HTTP error instead of a response."""

    status: int
    body: bytes
    retry_after: int | None


@dataclass(frozen=True, slots=True)
class Break:
    """The connection goes away."""

    reset: bool


Said: TypeAlias = Json | Wait | Hold | Fail | Cut
"""A native event, or where the reply pauses or breaks."""
Act: TypeAlias = Send | Wait | Hold | Refuse | Break
"""What the server does next; after `Refuse` or `Break` nothing follows."""
Told: TypeAlias = Say | Think | Call | Flood | Emit
"""A step that says something."""


class Voice(Protocol):
    """Turns the steps of one reply into the native events of one API."""

    reply: Reply
    message_id: str

    def start(self) -> Iterator[Said]:
        """What comes before everything else, once."""
        ...

    def tell(self, step: Told) -> Iterator[Said]:
        """The events of one step."""
        ...

    def end(self) -> Iterator[Said]:
        """What comes last."""
        ...


@dataclass(frozen=True, slots=True)
class Wording:
    """What an API makes of an event and of a failure."""

    frame: Callable[[Json], bytes]
    error: Callable[[int, str], Json]
    """The body of an error response."""
    failed: Callable[[Fail, str], Json]
    """The event of a failure in the middle of the message of that id."""
    half: bytes
    """The beginning of an event, without its end."""
    last: bytes = b""

    def refusal(self, step: Fail) -> Refuse:
        """A failure before the first word."""
        return Refuse(step.status, encode(self.error(step.status, step.message)), step.retry_after)


def streamed(voice: Voice, wording: Wording) -> Iterator[Act]:
    """The reply as a stream of server-sent events."""
    begun = False
    for said in _spoken(voice):
        match said:
            case Wait() | Hold():
                yield said
            case Fail() if begun:
                yield Send(wording.frame(wording.failed(said, voice.message_id)))
                return
            case Fail():
                yield wording.refusal(said)
                return
            case Cut():
                if begun and said.how != "close":
                    yield Send(wording.half)
                yield Break(reset=said.how == "reset")
                return
            case _:
                begun = True
                yield Send(wording.frame(said))
    if wording.last:
        yield Send(wording.last)


def collected(voice: Voice, wording: Wording, fold: Callable[[list[Json]], Json]) -> Iterator[Act]:
    """The reply as one document, for a request without `stream`; `fold` makes it of the events."""
    events: list[Json] = []
    for said in _spoken(voice):
        match said:
            case Wait() | Hold():
                yield said
            case Fail():
                yield wording.refusal(said)
                return
            case Cut():
                yield Break(reset=said.how == "reset")
                return
            case _:
                events.append(said)
    yield Send(encode(fold(events)))


def event_frame(event: Json) -> bytes:
    """A server-sent event that is named after its type."""
    return b"event: %s\ndata: %s\n\n" % (str(event.get("type", "")).encode(), encode(event))


def pieces(text: str | tuple[str, ...], size: int) -> Iterator[str]:
    """A text as its deltas: given, or cut at `size` characters."""
    if isinstance(text, tuple):
        yield from text
        return
    for start in range(0, len(text), size):
        yield text[start : start + size]


def _spoken(voice: Voice) -> Iterator[Said]:
    """Every event of the reply, and where it pauses or breaks; after `Fail` and `Cut` comes nothing."""
    for step in voice.reply.steps:
        match step:
            case Stall(name=name, seconds=None):
                yield Hold(name)
            case Stall(seconds=seconds):
                yield Wait(seconds or 0)
            case Fail() | Cut():
                yield step
                return
            case _:
                yield from voice.start()
                yield from voice.tell(step)
    yield from voice.start()
    yield from voice.end()
