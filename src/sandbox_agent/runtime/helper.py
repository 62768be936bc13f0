"""Asks the daemon on behalf of an agent, and waits for the answer. Run as a script by the agent itself.

    python -I -S helper.py SOCKET REFUSAL [VARIABLE ...]

It sends what it finds on its standard input and in these variables, says on stderr what it is told, and returns what
it is told: REFUSAL when there is nobody to ask, so that nothing happens unasked. Like the guardian it must need nothing
but the standard library and never import anything of ours.
"""

from __future__ import annotations

import json
import os
import socket
import sys
from typing import Any

__all__ = ["ask"]

_NOBODY = "There is nobody who could be asked: the session has ended."


def ask(address: str, message: dict[str, Any]) -> dict[str, Any]:
    """The answer to a message. Raises OSError or ValueError when there is none."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        with connection.makefile("rwb") as stream:
            stream.write(json.dumps(message).encode() + b"\n")
            stream.flush()
            answer: dict[str, Any] = json.loads(stream.readline())
            return answer


def main(arguments: list[str]) -> int:
    """Ask, and return what the agent is to see."""
    address, refusal, *names = arguments
    env = {name: os.environ[name] for name in names if name in os.environ}
    try:
        given = sys.stdin.buffer.read().decode(errors="replace")
        answer = ask(address, {"env": env, "input": given})
    except (OSError, ValueError):
        answer = {"exit_code": int(refusal), "message": _NOBODY}
    if answer["message"]:
        sys.stderr.write(f"{answer['message']}\n")
    return int(answer["exit_code"])


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
