"""The mock agent itself, inside a scripted link: plays one script a message, waits where the script waits."""

from __future__ import annotations

from collections import deque

from sandbox_agent.adapter import Exited, PeerExit
from sandbox_agent.agents.mock import native
from sandbox_agent.agents.mock.script import Crash, Script, Wait, play
from sandbox_agent.schema.base import encode

__all__ = ["MockPeer"]


class MockPeer:
    """See `Peer`."""

    def __init__(self) -> None:
        self._script: Script | None = None
        self._last: native.TurnEnd | None = None
        """What is to be said when the script is over or given up."""
        self._waiting = False
        self._asked: set[str] = set()
        self._answers: deque[native.Answered] = deque()

    def send(self, data: bytes) -> None:
        """See `Peer`. An answer to nothing that was asked, and an interrupt at rest, are not heard."""
        match native.hear(data):
            case native.Prompt(prefix=prefix, text=text):
                self._rest()
                self._script = play(prefix, text)
                self._last = native.TurnEnd()
            case native.Answered() as answer:
                if answer.id in self._asked:
                    self._asked.remove(answer.id)
                    self._answers.append(answer)
            case native.Interrupted():
                if self._last is not None:
                    self._rest()
                    self._last = native.TurnEnd(reason="interrupted")

    def next(self) -> bytes | None:
        """See `Peer`."""
        step = self._step()
        match step:
            case None:
                return None
            case Crash(exit_code=exit_code):
                raise PeerExit(Exited(exit_code=exit_code))
            case native.AskedPermission(id=id) | native.AskedQuestion(id=id):
                self._asked.add(id)
            case native.SessionEnd():
                self._rest()
            case _:
                pass
        return encode(step) + b"\n"

    def _step(self) -> native.Said | native.Strange | Crash | None:
        while self._script is not None:
            answer = None
            if self._waiting:
                if not self._answers:
                    return None
                answer = self._answers.popleft()
                self._waiting = False
            try:
                step = self._script.send(answer)
            except StopIteration:
                break
            if not isinstance(step, Wait):
                return step
            self._waiting = True
        last = self._last
        self._rest()
        return last

    def _rest(self) -> None:
        if self._script is not None:
            self._script.close()
        self._script = self._last = None
        self._waiting = False
        self._asked.clear()
        self._answers.clear()
