"""Tells the lines of a shared app-server apart: by the id of our request, else by the thread.

A thread belongs to the session that started or resumed it, a subagent's thread to the session whose thread spawned it.
What is said of a thread before its owner is known waits until it is. A session that leaves has its threads' turns
interrupted, their commands ended, and is unsubscribed, one after the other. What left its process group carries the
number of its member, by which the link finds it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from sandbox_agent.adapter import Deliver, Write
from sandbox_agent.adapter.environment import MEMBER
from sandbox_agent.adapter.jsonrpc import RequestId, refuse
from sandbox_agent.schema.base import encode

__all__ = ["CodexRouter"]

_INVALID = -32600
_HELD = 1000
"""Lines kept for a thread whose owner is not known yet."""


_ABSENT = msgspec.Raw()


class _Turn(msgspec.Struct):
    id: str = ""


class _Thread(msgspec.Struct, rename="camel"):
    id: str = ""
    parent_thread_id: str | None = None


class _Item(msgspec.Struct, rename="camel"):
    receiver_thread_ids: list[str] = []
    agent_thread_id: str | None = None


class _Params(msgspec.Struct, rename="camel"):
    thread_id: str | None = None
    thread: _Thread | None = None
    turn: _Turn | None = None
    item: _Item | None = None


class _Line(msgspec.Struct, omit_defaults=True):
    """Enough of a line to route it; the rest stays as it came."""

    id: RequestId | None = None
    method: str | None = None
    params: msgspec.Raw = _ABSENT
    result: msgspec.Raw = _ABSENT
    error: msgspec.Raw = _ABSENT


class _Result(msgspec.Struct):
    thread: _Thread | None = None
    turn: _Turn | None = None


class _Asked(msgspec.Struct):
    member: int
    id: RequestId
    method: str
    thread_id: str | None = None


_line = msgspec.json.Decoder(_Line).decode
_params = msgspec.json.Decoder(_Params).decode
_result = msgspec.json.Decoder(_Result).decode

_OPENING = frozenset({"thread/start", "thread/resume", "thread/fork"})
_READ = frozenset({*_OPENING, "turn/start"})
"""Requests whose replies tell of a thread or a turn."""
_LEAVING = ("turn/interrupt", "thread/backgroundTerminals/clean", "thread/unsubscribe")


class CodexRouter:
    """See `Router`."""

    def __init__(self) -> None:
        self._members: dict[int, None] = {}
        self._asked: dict[str, _Asked] = {}
        self._count = 0
        self._owners: dict[str, int] = {}
        self._held: dict[str, list[bytes]] = {}
        self._turns: dict[str, str] = {}
        """The running turn of each thread."""
        self._first: bytes | None = None
        """The answer to `initialize`, which a server takes once."""
        self._waiting: list[_Asked] = []
        """Members whose `initialize` was not passed on."""
        self._introduced = False
        self._leaving: dict[int, set[str]] = {}
        """Threads that still have to be left."""

    def wrote(self, member: int, data: bytes) -> Iterator[Write | Deliver]:
        """See `Router`. Ids of members are their own; on the server each request has another."""
        self._members.setdefault(member)
        line = _line(data)
        if line.method == "initialized":
            if not self._introduced:
                self._introduced = True
                yield Write(data=data)
        elif line.method is None or line.id is None:
            yield Write(data=data)
        elif line.method == "initialize":
            yield from self._initialize(_Asked(member, line.id, line.method), line)
        else:
            yield from self._request(member, line, line.id, line.method)

    def said(self, line: bytes) -> Iterator[Write | Deliver]:
        """See `Router`."""
        told = _line(line)
        if told.method is None:
            yield from self._reply(told)
            return
        params = _read(told.params)
        thread_id = params.thread_id or (params.thread.id if params.thread else None)
        if thread_id is None:
            yield from self._to_all(told, line)
            return
        self._follow(told.method, thread_id, params)
        if params.thread is not None and params.thread.parent_thread_id in self._owners:
            self._owners.setdefault(thread_id, self._owners[params.thread.parent_thread_id])
        owner = self._owners.get(thread_id)
        if owner is None:
            held = self._held.setdefault(thread_id, [])
            held.append(line)
            del held[:-_HELD]
            return
        yield Deliver(owner, line)
        yield from self._children(owner, params.item)

    def leave(self, member: int) -> Iterator[Write | Deliver]:
        """See `Router`."""
        self._waiting = [asked for asked in self._waiting if asked.member != member]
        self._leaving[member] = set()
        for thread_id in [each for each, owner in self._owners.items() if owner == member]:
            yield from self._part(member, thread_id)

    def left(self, member: int) -> bool:
        """See `Router`."""
        if self._leaving.get(member) or any(asked.member == member for asked in self._asked.values()):
            return False
        self._members.pop(member, None)
        self._owners = {thread: owner for thread, owner in self._owners.items() if owner != member}
        return True

    def marks(self, member: int) -> tuple[str, ...]:
        """See `Router`."""
        return (str(member),)

    # Requests and replies

    def _initialize(self, asked: _Asked, line: _Line) -> Iterator[Write | Deliver]:
        if self._first is not None:
            yield Deliver(asked.member, _renumbered(self._first, asked.id))
        elif any(each.method == "initialize" for each in self._asked.values()):
            self._waiting.append(asked)
        else:
            yield self._ask(asked, line.params)

    def _request(self, member: int, line: _Line, request_id: RequestId, method: str) -> Iterator[Write | Deliver]:
        thread_id = _read(line.params).thread_id
        resumed = thread_id if method == "thread/resume" else None
        if resumed is not None and self._owners.setdefault(resumed, member) != member:
            # Codex would let both have it; whoever came first would hear no more of it.
            yield Deliver(member, _refusal(request_id, f"thread {resumed} is in use by another session"))
            return
        params = _numbered(line.params, member) if method in _OPENING else line.params
        yield self._ask(_Asked(member, request_id, method, thread_id), params)

    def _ask(self, asked: _Asked, params: msgspec.Raw) -> Write:
        self._count += 1
        key = f"{asked.member}:{self._count}"
        self._asked[key] = asked
        return _write(_Line(id=key, method=asked.method, params=params))

    def _reply(self, told: _Line) -> Iterator[Write | Deliver]:
        asked = self._asked.pop(str(told.id), None)
        if asked is None:
            return
        if asked.method == "initialize":
            self._first = encode(told) if not told.error else None
            for each in self._waiting:
                yield Deliver(each.member, _renumbered(encode(told), each.id))
            self._waiting.clear()
        result = _result(told.result) if asked.method in _READ and told.result else _Result()
        thread_id = result.thread.id if result.thread else asked.thread_id
        if result.thread is not None:
            self._owners[result.thread.id] = asked.member
        if result.turn is not None and thread_id is not None:
            self._turns[thread_id] = result.turn.id
        if asked.member not in self._leaving:
            yield Deliver(asked.member, _renumbered(encode(told), asked.id))
        elif asked.method in _LEAVING:
            yield from self._parted(asked)
        elif thread_id is not None and asked.method in _READ:
            # Begun just before the session left.
            yield from self._part(asked.member, thread_id)
        if result.thread is not None:
            yield from self._release(result.thread.id)

    # Threads

    def _follow(self, method: str, thread_id: str, params: _Params) -> None:
        if method == "turn/started" and params.turn is not None:
            self._turns[thread_id] = params.turn.id
        elif method == "turn/completed":
            self._turns.pop(thread_id, None)

    def _children(self, owner: int, item: _Item | None) -> Iterator[Write | Deliver]:
        if item is None:
            return
        spawned = [*item.receiver_thread_ids, *([item.agent_thread_id] if item.agent_thread_id else [])]
        for thread_id in spawned:
            if thread_id not in self._owners:
                self._owners[thread_id] = owner
                yield from self._release(thread_id)

    def _release(self, thread_id: str) -> Iterator[Write | Deliver]:
        owner = self._owners[thread_id]
        for line in self._held.pop(thread_id, ()):
            yield Deliver(owner, line)
            yield from self._children(owner, _read(_line(line).params).item)

    def _to_all(self, told: _Line, line: bytes) -> Iterator[Write | Deliver]:
        """What concerns no thread. A request must not be answered twice, and none of these can be served."""
        if told.id is not None:
            yield refuse(told.id, f"not supported: {told.method}")
            return
        for member in self._members:
            yield Deliver(member, line)

    # Leaving

    def _part(self, member: int, thread_id: str) -> Iterator[Write]:
        self._leaving[member].add(thread_id)
        steps = _LEAVING if thread_id in self._turns else _LEAVING[1:]
        yield self._step(member, thread_id, steps[0])

    def _step(self, member: int, thread_id: str, method: str) -> Write:
        params = {"threadId": thread_id}
        if method == "turn/interrupt":
            params["turnId"] = self._turns[thread_id]
        return self._ask(_Asked(member, thread_id, method), msgspec.Raw(encode(params)))

    def _parted(self, asked: _Asked) -> Iterator[Write]:
        """One step is done, or was refused because there was nothing to do."""
        thread_id = str(asked.id)
        if thread_id not in self._leaving[asked.member]:
            return  # a member's own request of this kind, from before it left
        if asked.method == _LEAVING[-1]:
            self._leaving[asked.member].discard(thread_id)
            return
        yield self._step(asked.member, thread_id, _LEAVING[_LEAVING.index(asked.method) + 1])


def _read(params: msgspec.Raw) -> _Params:
    """The parameters, as far as routes depend on them; of another shape, they name no thread."""
    if not params:
        return _Params()
    try:
        return _params(params)
    except msgspec.ValidationError:
        return _Params(thread_id=_thread_id(params))


def _thread_id(params: msgspec.Raw) -> str | None:
    value: Any = msgspec.json.decode(params)
    named: Any = value.get("threadId") if isinstance(value, dict) else None  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
    return named if isinstance(named, str) else None


def _numbered(params: msgspec.Raw, member: int) -> msgspec.Raw:
    """What opens a thread, with the number of its member in the environment of all that the thread starts."""
    told: dict[str, Any] = msgspec.json.decode(params)
    config: dict[str, Any] = {**(told.get("config") or {}), f"shell_environment_policy.set.{MEMBER}": str(member)}
    if servers := config.get("mcp_servers"):
        config["mcp_servers"] = {name: _with_number(server, member) for name, server in servers.items()}
    return msgspec.Raw(encode({**told, "config": config}))


def _with_number(server: dict[str, Any], member: int) -> dict[str, Any]:
    if "command" not in server:
        return server
    return {**server, "env": {**(server.get("env") or {}), MEMBER: str(member)}}


def _renumbered(line: bytes, request_id: RequestId) -> bytes:
    told = _line(line)
    told.id = request_id
    return encode(told)


def _refusal(request_id: RequestId, message: str) -> bytes:
    return refuse(request_id, message, _INVALID).data.rstrip()


def _write(line: _Line) -> Write:
    return Write(data=encode(line) + b"\n")
