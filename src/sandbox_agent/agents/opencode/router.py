"""Which session of a shared server a line is for: events by conversation, replies by key. Pure.

A conversation belongs to the session that asked for it, and a subagent's to the session of its parent. The commands of
each are noted, so that what they leave behind can be found.
"""

from __future__ import annotations

import contextlib
import posixpath
from collections.abc import Iterator

import msgspec

from sandbox_agent.adapter import Deliver, Write
from sandbox_agent.adapter.http import Reply, Request, request
from sandbox_agent.agents.opencode.marks import mark_of
from sandbox_agent.schema.base import encode

__all__ = ["ORIGIN", "OpenCodeRouter"]

ORIGIN = "origin"
"""Key of what is asked of a conversation that stays another session's."""
_LEAVE = "leave"
_BUSY = ("busy", "retry")


class _Reply(Reply, frozen=True):
    body: msgspec.Raw = msgspec.Raw(b"null")


class _Info(msgspec.Struct, frozen=True):
    id: str = ""
    parent_id: str | None = msgspec.field(default=None, name="parentID")
    session_id: str | None = msgspec.field(default=None, name="sessionID")


class _Status(msgspec.Struct, frozen=True):
    type: str = ""


class _Properties(msgspec.Struct, frozen=True):
    session_id: str | None = msgspec.field(default=None, name="sessionID")
    info: _Info | None = None
    part: _Info | None = None
    status: _Status | None = None


class _Input(msgspec.Struct, frozen=True):
    command: str = ""
    workdir: str | None = None


class _State(msgspec.Struct, frozen=True):
    input: _Input = _Input()


class _Part(msgspec.Struct, frozen=True):
    tool: str = ""
    state: _State = _State()


class _Call(msgspec.Struct, frozen=True):
    part: _Part = _Part()


class _Payload(msgspec.Struct, frozen=True):
    type: str = ""
    properties: msgspec.Raw = msgspec.Raw(b"{}")


class _Line(msgspec.Struct, frozen=True):
    payload: _Payload | None = None
    reply: str | None = None


_decode_line = msgspec.json.Decoder(_Line).decode
_decode_reply = msgspec.json.Decoder(_Reply).decode
_decode_request = msgspec.json.Decoder(Request).decode
_decode_properties = msgspec.json.Decoder(_Properties).decode
_decode_call = msgspec.json.Decoder(_Call).decode
_decode_info = msgspec.json.Decoder(_Info).decode


class OpenCodeRouter:
    """See `Router`."""

    def __init__(self) -> None:
        self._owners: dict[str, int] = {}
        """Conversation to session."""
        self._members: set[int] = set()
        self._directories: dict[int, str] = {}
        self._commands: dict[int, set[str]] = {}
        """Marks of the commands of each session."""
        self._busy: set[str] = set()
        """Conversations that are doing something."""
        self._leaving: set[int] = set()
        self._aborts: dict[str, str] = {}
        """Key of a request to conversation."""

    def wrote(self, member: int, data: bytes) -> Iterator[Write | Deliver]:
        """Give the key of a request the session's number; keys of different sessions may be the same."""
        asked = _decode_request(data)
        self._members.add(member)
        self._directories.setdefault(member, asked.query.get("directory", "/"))
        match asked.path.split("/"):
            case ["", "session", native_id, *rest] if native_id != "status" and not _borrows(asked):
                self._owners[native_id] = member
                if rest == ["prompt_async"]:
                    self._busy.add(native_id)
            case _:
                pass
        yield Write(data=encode(msgspec.structs.replace(asked, key=f"{member}:{asked.key}")) + b"\n")

    def said(self, line: bytes) -> Iterator[Write | Deliver]:
        """A reply to the one who asked, an event to the one whose conversation it is about."""
        try:
            told = _decode_line(line)
        except msgspec.ValidationError:
            return
        if told.reply is not None:
            yield from self._replied(_decode_reply(line))
        elif told.payload is not None:
            member = self._concerned(told.payload)
            if member is not None:
                self._notice(member, told.payload)
                yield Deliver(member, line)
            elif told.payload.type == "server.connected":
                yield from (Deliver(each, line) for each in sorted(self._members))

    def leave(self, member: int) -> Iterator[Write | Deliver]:
        """Abort whatever the session's conversations do, those of its subagents too."""
        self._leaving.add(member)
        for native_id, owner in self._owners.items():
            if owner == member and native_id in self._busy:
                key = f"{_LEAVE} {len(self._aborts)}"
                self._aborts[key] = native_id
                yield request(key, "POST", f"/session/{native_id}/abort", body={})

    def left(self, member: int) -> bool:
        """Whether none of the session's conversations does anything any more; then they are forgotten."""
        if any(owner == member and native_id in self._busy for native_id, owner in self._owners.items()):
            return False
        if member in self._leaving:
            self._leaving.discard(member)
            self._members.discard(member)
            self._owners = {native_id: owner for native_id, owner in self._owners.items() if owner != member}
        return True

    def marks(self, member: int) -> set[str]:
        """See `Router`. Of the same command in the same folder nobody can tell whose it is."""
        self._directories.pop(member, None)
        mine = self._commands.pop(member, set[str]())
        return mine.difference(*self._commands.values())

    def _notice(self, member: int, payload: _Payload) -> None:
        if payload.type != "message.part.updated" or b'"bash"' not in bytes(payload.properties):
            return
        with contextlib.suppress(msgspec.ValidationError):
            part = _decode_call(payload.properties).part
            if part.tool == "bash" and part.state.input.command:
                directory = posixpath.join(self._directories.get(member, "/"), part.state.input.workdir or "")
                self._commands.setdefault(member, set()).add(mark_of(directory, part.state.input.command))

    def _replied(self, reply: _Reply) -> Iterator[Write | Deliver]:
        native_id = self._aborts.pop(reply.reply, None)
        if native_id is not None:
            # An abort is answered when the work has been told to stop; one that failed has nothing to wait for.
            self._busy.discard(native_id)
            return
        number, _, key = reply.reply.partition(":")
        if not number.isdecimal():
            return
        member = int(number)
        if key == "create" and (created := _id_in(reply.body)):
            self._owners[created] = member
        yield Deliver(member, encode(msgspec.structs.replace(reply, reply=key)))

    def _concerned(self, payload: _Payload) -> int | None:
        try:
            about = _decode_properties(payload.properties)
        except msgspec.ValidationError:
            return None
        native_id = _conversation(about)
        if native_id is None:
            return None
        if payload.type == "session.created" and about.info is not None and about.info.parent_id in self._owners:
            self._owners[native_id] = self._owners[about.info.parent_id]
        self._note(payload.type, native_id, about)
        return self._owners.get(native_id)

    def _note(self, kind: str, native_id: str, about: _Properties) -> None:
        if kind == "session.idle":
            self._busy.discard(native_id)
        elif kind == "session.status" and about.status is not None:
            if about.status.type in _BUSY:
                self._busy.add(native_id)
            else:
                self._busy.discard(native_id)


def _borrows(asked: Request) -> bool:
    """Whether it is about a conversation that stays another session's."""
    return asked.key == ORIGIN or asked.path.endswith("/fork")


def _id_in(body: msgspec.Raw) -> str:
    try:
        return _decode_info(body).id
    except msgspec.ValidationError:
        return ""


def _conversation(about: _Properties) -> str | None:
    for each in (about.part, about.info):
        if each is not None and each.session_id is not None:
            return each.session_id
    return about.session_id or (about.info.id if about.info is not None else None)
