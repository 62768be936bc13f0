"""A stand-in for Claude Code: speaks its stream-json, and does whatever a prompt tells it, however bad.

A prompt is Python code that may use everything below. After it the turn ends as a good agent ends it, unless the code
blocks or exits. A file `start.py` in the working directory runs before the first word. Standard library only: it must
start quickly. The fixture gives it its first line.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any

RESUMED = next((word.partition("=")[2] for word in sys.argv if word.startswith("--resume=")), "")
NATIVE_ID = RESUMED or f"00000000-0000-4000-8000-{os.getpid():012}"
FOREVER = 1_000


def raw(data: bytes) -> None:
    """Bytes on stdout, just so."""
    while data:
        data = data[os.write(1, data) :]


def line(message: dict[str, Any]) -> None:
    """One message."""
    raw(json.dumps(message, ensure_ascii=False).encode() + b"\n")


def streamed(event: dict[str, Any]) -> dict[str, Any]:
    return {"type": "stream_event", "event": event, "session_id": NATIVE_ID, "parent_tool_use_id": None, "uuid": "u"}


class Block:
    """One text block of the model, streamed."""

    count = 0

    def __init__(self) -> None:
        Block.count += 1
        self.id = f"message_{os.getpid()}_{Block.count}"
        self.text = ""
        line(streamed({"type": "message_start", "message": {"id": self.id, "role": "assistant", "content": []}}))
        start = {"type": "text", "text": ""}
        line(streamed({"type": "content_block_start", "index": 0, "content_block": start}))

    def say(self, words: str) -> None:
        self.text += words
        raw(self.delta(words))

    def flood(self, count: int) -> None:
        """So many deltas, numbered."""
        self.text += "".join(f"{number} " for number in range(count))
        step = 500
        for first in range(0, count, step):
            raw(b"".join(self.delta(f"{number} ") for number in range(first, min(first + step, count))))

    def delta(self, words: str) -> bytes:
        delta = {"type": "text_delta", "text": words}
        message = streamed({"type": "content_block_delta", "index": 0, "delta": delta})
        return json.dumps(message, ensure_ascii=False).encode() + b"\n"

    def end(self) -> None:
        line(streamed({"type": "content_block_stop", "index": 0}))
        line(assistant(self.id, {"type": "text", "text": self.text}))


def assistant(message_id: str, *blocks: dict[str, Any]) -> dict[str, Any]:
    message = {"id": message_id, "role": "assistant", "model": "stand-in", "content": list(blocks)}
    return {"type": "assistant", "message": message, "session_id": NATIVE_ID, "parent_tool_use_id": None, "uuid": "u"}


def say(words: str) -> None:
    """A whole block at once."""
    block = Block()
    block.say(words)
    block.end()


def end(reason: str = "completed") -> None:
    """The end of the turn."""
    line({"type": "result", "subtype": "success", "is_error": False, "terminal_reason": reason,
          "session_id": NATIVE_ID, "usage": {}, "modelUsage": {}, "total_cost_usd": 0})  # fmt: skip


def tool(name: str = "Bash", **given: Any) -> str:
    """The model calls a tool, which does not answer before `tool_ended`."""
    tool_id = f"toolu_{os.getpid()}_{time.monotonic_ns()}"
    line(assistant(f"message_{tool_id}", {"type": "tool_use", "id": tool_id, "name": name, "input": given}))
    return tool_id


def ask(command: str = "touch x") -> str:
    """Asks for a permission, and what was answered."""
    tool_id = tool(command=command)
    request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": command}, "tool_use_id": tool_id}
    line({"type": "control_request", "request_id": f"request_{tool_id}", "request": request})
    for message in heard():
        if message["type"] == "control_response":
            behavior: str = message["response"]["response"]["behavior"]
            return behavior
        if is_interrupt(message):
            end("aborted_tools")
            raise SystemExit(0)
    raise SystemExit(0)


def heard() -> Any:
    """What comes on stdin."""
    for text in iter(sys.stdin.buffer.readline, b""):
        yield json.loads(text)


def is_interrupt(message: dict[str, Any]) -> bool:
    return bool(message["type"] == "control_request" and message["request"]["subtype"] == "interrupt")


def children(*, bare: bool) -> list[int]:
    """Starts what a shell command might leave: a child, one in its own session, a double-forked orphan.

    `bare`: also one in its own session that wiped its environment. Nothing tells whose it is once its parent is gone.
    """
    sleep = ["/bin/sleep", str(FOREVER)]
    plain = os.posix_spawn(sleep[0], sleep, os.environ)
    apart = os.posix_spawn(sleep[0], sleep, os.environ, setsid=True)
    wiped = [os.posix_spawn(sleep[0], sleep, {}, setsid=True)] if bare else []
    return [plain, apart, orphan(), *wiped]


def orphan(*keep: int) -> int:
    """A double-forked process in its own session that holds on to some of our descriptors."""
    r, w = os.pipe()
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            for fd in range(3):
                if fd not in keep:
                    os.close(fd)
            os.write(w, str(os.getpid()).encode())
            time.sleep(FOREVER)
        os._exit(0)
    os.wait()
    return int(os.read(r, 20))


def wait() -> None:
    """Nothing more, until an interrupt ends the turn."""
    for message in heard():
        if is_interrupt(message):
            end("aborted_streaming")
            return
    raise SystemExit(0)


def deaf(*signals: int) -> None:
    """Nothing more, whatever is said; deaf to these signals too."""
    for each in signals:
        signal.signal(each, signal.SIG_IGN)
    while True:
        time.sleep(FOREVER)


def main() -> None:
    start = Path("start.py")
    if start.exists():
        exec(start.read_text(), globals())  # noqa: S102 - to obey is its job
    for message in heard():
        if message["type"] == "control_request" and message["request"]["subtype"] == "initialize":
            response = {"subtype": "success", "request_id": message["request_id"], "response": {}}
            line({"type": "control_response", "response": response})
        elif message["type"] == "user":
            line({"type": "system", "subtype": "init", "session_id": NATIVE_ID, "uuid": "u", "model": "stand-in"})
            turn(message["message"]["content"])


def turn(code: str) -> None:
    waits = "wait()" in code
    exec(code, globals())  # noqa: S102 - see above
    if not waits:
        end()


if __name__ == "__main__":
    main()
