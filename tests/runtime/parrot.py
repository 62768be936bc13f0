"""A small agent for tests of the session: it does what each message says, one JSON object a line."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any

import msgspec

from sandbox_agent.adapter import Agent, Exited, Identified, Output, SessionOptions, Spawn, Stop, Synthetic, Write
from sandbox_agent.adapter.items import Items
from sandbox_agent.schema.api import Capabilities, Mode
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import (
    Command,
    Interrupt,
    RejectQuestion,
    ReplyPermission,
    ReplyQuestion,
    SendMessage,
)
from sandbox_agent.schema.content import JsonPart, TextPart
from sandbox_agent.schema.events import (
    PermissionRequested,
    QuestionRequested,
    SessionEnded,
    TurnEnded,
    TurnStarted,
)


class ParrotPeer:
    """The agent. A message is a list of lines to say; `?` waits for an answer or an interrupt."""

    def __init__(self) -> None:
        self._say: deque[str] = deque()
        self._waiting = False

    def send(self, data: bytes) -> None:
        message = msgspec.json.decode(data)
        self._waiting = False
        if "interrupt" in message:
            self._say = deque(['{"end":"interrupted"}'])
        elif "answer" in message:
            self._say.appendleft(encode({"heard": message["answer"]}).decode())
        else:
            self._say.extend(message["say"].split("|"))

    def next(self) -> bytes | None:
        if self._waiting or not self._say:
            return None
        line = self._say.popleft()
        if line == "?":
            self._waiting = True
            return None
        if line == "crash":
            raise RuntimeError("the parrot is dead")
        return line.encode()


class ParrotAdapter:
    """Translates the parrot. `steerable` and deafness to interrupts are set by the test."""

    steerable = False
    deaf = False

    def __init__(self, options: SessionOptions) -> None:
        self.options = options
        self.exits: list[Exited] = []
        self._items = Items()
        self._running = False

    def command(self, command: Command) -> Iterable[Output]:
        match command:
            case SendMessage(text=text, steer=steer):
                if not steer:
                    yield Synthetic(data=TurnStarted())
                if not self._running:
                    self._running = True
                    yield self._spawn()
                yield self._write({"say": text})
            case Interrupt():
                if not self.deaf:
                    yield self._write({"interrupt": True})
            case ReplyPermission(reply=reply):
                yield self._write({"answer": reply})
            case ReplyQuestion(answers=answers):
                yield self._write({"answer": answers})
            case RejectQuestion():
                yield self._write({"answer": "rejected"})
            case _:
                pass

    def message(self, message: Any) -> Iterable[Output]:
        match message:
            case {"text": text}:
                yield self._items.complete(None, "message", "assistant", [TextPart(text=text)])
            case {"heard": heard}:
                yield self._items.complete(None, "message", "assistant", [TextPart(text=f"heard {heard}")])
            case {"ask": key}:
                yield PermissionRequested(permission_id=key, action="Act", metadata={"command": "touch x"})
            case {"question": key}:
                yield QuestionRequested(question_id=key, prompt="Which?", options=("a", "b"))
            case {"me": native_id}:
                yield Identified(native_session_id=native_id)
            case {"end": reason}:
                yield TurnEnded(reason=reason)
            case {"goodbye": _}:
                yield SessionEnded(reason="completed", terminated_by="agent")
            case {"stop": _}:
                yield Stop()
            case {"bug": bug}:
                raise ValueError(bug)
            case {"status": detail}:
                yield self._items.complete(None, "status", None, [JsonPart(json=detail)])
            case _:
                pass

    def exited(self, exit: Exited) -> Iterable[Output]:
        self._running = False
        self.exits.append(exit)
        return ()

    def _spawn(self) -> Spawn:
        return Spawn(link="scripted", peer=ParrotPeer)

    def _write(self, message: Any) -> Write:
        return Write(data=encode(message) + b"\n")


class SteerableAdapter(ParrotAdapter):
    steerable = True


class DeafAdapter(ParrotAdapter):
    deaf = True


class OddAdapter(ParrotAdapter):
    """What its status items say is no JSON."""

    def message(self, message: Any) -> Iterable[Output]:
        return super().message({"status": object} if "status" in message else message)


class StubbornAdapter(ParrotAdapter):
    """Fails when it is to pass on a certain message."""

    def command(self, command: Command) -> Iterable[Output]:
        if isinstance(command, SendMessage) and command.text == "bug":
            raise ValueError("oops")
        return super().command(command)


class LostAdapter(ParrotAdapter):
    """Its program does not exist."""

    def _spawn(self) -> Spawn:
        return Spawn(argv=("/nowhere/parrot",), cwd="/")


def agent(adapter: type[ParrotAdapter] = ParrotAdapter) -> Agent:
    modes = (Mode(id="build", name="Build", description=""),)
    every = {word: word for word in ("default", "plan", "bypass", "acceptEdits")}
    return Agent(name="parrot", capabilities=Capabilities(), modes=modes, permission_modes=every, adapter=adapter)
