"""What a scripted model says: steps, replies, rules, scripts, and short functions that build them.

Values only. How a reply looks on the wire of one provider is not known here, so every stand-in can share it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Literal, TypeAlias

import msgspec

from sandbox_agent.schema.base import Model

__all__ = [
    "NO_MORE_REPLIES",
    "Call",
    "Cut",
    "Emit",
    "Fail",
    "Flood",
    "Replies",
    "Reply",
    "ReplyLike",
    "Rule",
    "Say",
    "Script",
    "Stall",
    "Step",
    "Think",
    "Usage",
    "attempts",
    "call",
    "cut",
    "emit",
    "fail",
    "flood",
    "reply",
    "reply_of",
    "say",
    "script_of",
    "stall",
    "think",
    "when",
]

NO_MORE_REPLIES = "(the script has no more replies)"
"""What the model says when its script has run out, so that a turn always ends."""

Positive = Annotated[int, msgspec.Meta(ge=1)]
Seconds = Annotated[float, msgspec.Meta(ge=0)]
Times: TypeAlias = Positive | Literal["always"]


class _Step(Model, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """One thing the model does within a reply."""


class Say(_Step, frozen=True, kw_only=True, tag="say"):
    """Text for the user. Neighbouring texts share one content block."""

    text: str | tuple[str, ...]
    """A tuple gives the deltas exactly as they will be sent; a plain text is cut by `chunk`."""
    chunk: Positive = 24
    """Characters in a delta."""
    pace: Seconds = 0
    """Seconds before each delta."""
    apart: bool = False
    """Start a content block even where the one before could go on."""


class Think(_Step, frozen=True, kw_only=True, tag="think"):
    """Reasoning, shown before the answer."""

    text: str | tuple[str, ...]
    signature: str = "c2NyaXB0ZWQ="
    chunk: Positive = 24
    pace: Seconds = 0


class Call(_Step, frozen=True, kw_only=True, tag="call"):
    """A tool call. Several in one reply run in parallel."""

    name: str
    input: dict[str, Any] = msgspec.field(default_factory=dict[str, Any])
    id: str = ""
    """Left empty, the model numbers its calls."""
    chunk: Positive = 48
    """Characters of JSON in a delta."""
    pace: Seconds = 0


class Fail(_Step, frozen=True, kw_only=True, tag="fail"):
    """An error: as the first step an HTTP status, later one an error inside the stream.

    What follows it in the reply is the answer to the request after the failed ones.
    """

    status: Annotated[int, msgspec.Meta(ge=400, le=599)]
    message: str = ""
    retry_after: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """Seconds, sent as the header of that name."""
    times: Times = 1
    """How many requests get it."""


class Stall(_Step, frozen=True, kw_only=True, tag="stall"):
    """Silence. As the first step not even the response headers are sent."""

    name: str = ""
    """Which `release(name)` ends it."""
    seconds: Seconds | None = None
    """Without it, until released."""


class Cut(_Step, frozen=True, kw_only=True, tag="cut"):
    """The connection breaks. As the first step there is no response at all.

    What follows it in the reply is the answer to the request after the broken ones.
    """

    how: Literal["event", "close", "reset"] = "event"
    """Closed within an event, closed between two events, or a TCP reset within an event."""
    times: Times = 1


class Flood(_Step, frozen=True, kw_only=True, tag="flood"):
    """Very many text deltas as fast as the reader takes them, numbered from 0."""

    count: Positive
    size: Annotated[int, msgspec.Meta(ge=8)] = 32
    """Characters in a delta."""

    def text(self, number: int) -> str:
        """The delta with this number: the number and a space, filled up with dots before it."""
        return f"{number} ".rjust(self.size, ".")


class Emit(_Step, frozen=True, kw_only=True, tag="emit"):
    """One native stream event, sent as it is written: for whatever has no step of its own."""

    event: dict[str, Any]


Step: TypeAlias = Say | Think | Call | Fail | Stall | Cut | Flood | Emit


class Usage(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Token counts of a reply."""

    input_tokens: int = 100
    output_tokens: int | None = None
    """Without it, a quarter of the characters sent."""
    cache_read_input_tokens: int = 0
    cache_creation_input_tokens: int = 0


class Reply(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The answer to one request."""

    steps: tuple[Step, ...]
    usage: Usage = Usage()
    stop: str = ""
    """The stop reason. Without it: a tool call if there is one, else the end of the turn."""
    headers: dict[str, str] = msgspec.field(default_factory=dict[str, str])
    """Further headers of the response."""


class Rule(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Replies for the requests whose prompt matches.

    They are given in order, from the first one again at each new prompt.
    `$1` to `$9` in their texts and tool inputs stand for the groups of the pattern.
    """

    replies: tuple[Reply, ...]
    prompt: str = ""
    """Regular expression searched for in what the user said last."""
    first: str = ""
    """Regular expression searched for in what opened the conversation: this is how to tell a subagent."""

    def __post_init__(self) -> None:
        """Refuse a pattern that is none. Raises ValueError."""
        for name, pattern in (("prompt", self.prompt), ("first", self.first)):
            try:
                re.compile(pattern)
            except re.error as problem:
                raise ValueError(f"`{name}` is no regular expression: {problem}") from problem


class Script(Model, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Everything a scripted model will say in one session."""

    replies: tuple[Reply, ...] = ()
    """For the requests that no rule matches, in order."""
    rules: tuple[Rule, ...] = ()
    """The first that matches wins."""
    loop: bool = False
    """Begin again when the replies have run out."""


ReplyLike: TypeAlias = Reply | Step | Sequence[Step]
"""A reply, or its only step, or its steps."""
Replies: TypeAlias = Sequence[ReplyLike | Rule]
"""What a script can be written as: replies in order, and rules anywhere among them."""


def say(text: str | Sequence[str], *, chunk: int = 24, pace: float = 0, apart: bool = False) -> Say:
    """Text for the user; a list of texts gives the deltas exactly."""
    return Say(text=text if isinstance(text, str) else tuple(text), chunk=chunk, pace=pace, apart=apart)


def think(text: str | Sequence[str], *, signature: str = "c2NyaXB0ZWQ=", chunk: int = 24, pace: float = 0) -> Think:
    """Reasoning, with the signature that ends it."""
    pieces = text if isinstance(text, str) else tuple(text)
    return Think(text=pieces, signature=signature, chunk=chunk, pace=pace)


def call(name: str, tool_input: Mapping[str, Any] | None = None, *, id: str = "", chunk: int = 48) -> Call:
    """A call of the tool `name`; put several in one reply to make them parallel."""
    return Call(name=name, input=dict(tool_input or {}), id=id, chunk=chunk)


def fail(status: int, message: str = "", *, times: Times = 1, retry_after: int | None = None) -> Fail:
    """An error for the next `times` requests (or "always"); later steps answer the request after them."""
    return Fail(status=status, message=message, times=times, retry_after=retry_after)


def stall(name: str = "", *, seconds: float | None = None) -> Stall:
    """Silence for some seconds, or until `release(name)`."""
    return Stall(name=name, seconds=seconds)


def cut(how: Literal["event", "close", "reset"] = "event", *, times: Times = 1) -> Cut:
    """Break the connection; later steps answer the request after the broken ones."""
    return Cut(how=how, times=times)


def flood(count: int, size: int = 32) -> Flood:
    """`count` text deltas of `size` characters, as fast as they go."""
    return Flood(count=count, size=size)


def emit(event: Mapping[str, Any]) -> Emit:
    """One native stream event as it is."""
    return Emit(event=dict(event))


def reply(*steps: Step, usage: Usage | None = None, stop: str = "", headers: Mapping[str, str] | None = None) -> Reply:
    """The answer to one request, of several steps."""
    return Reply(steps=steps, usage=usage or Usage(), stop=stop, headers=dict(headers or {}))


def when(prompt: str = "", *replies: ReplyLike, first: str = "") -> Rule:
    """Replies for prompts in which the pattern `prompt` is found (or `first`, in the opening prompt)."""
    return Rule(prompt=prompt, first=first, replies=tuple(reply_of(each) for each in replies))


def reply_of(written: ReplyLike) -> Reply:
    """The reply that was meant."""
    if isinstance(written, Reply):
        return written
    if isinstance(written, _Step):
        return Reply(steps=(written,))
    return Reply(steps=tuple(written))


def script_of(written: Script | Replies) -> Script:
    """The script that was meant."""
    if isinstance(written, Script):
        return written
    rules = tuple(each for each in written if isinstance(each, Rule))
    replies = tuple(reply_of(each) for each in written if not isinstance(each, Rule))
    return Script(replies=replies, rules=rules)


def attempts(whole: Reply) -> Iterator[Reply]:
    """The answers to the single requests that a reply stands for: the failed ones, then the rest of it."""
    start = 0
    for end, step in enumerate(whole.steps, 1):
        if not isinstance(step, Fail | Cut):
            continue
        part = msgspec.structs.replace(whole, steps=whole.steps[start:end])
        while step.times == "always":
            yield part
        for _ in range(step.times):
            yield part
        start = end
    if start < len(whole.steps) or not whole.steps:
        yield msgspec.structs.replace(whole, steps=whole.steps[start:])
