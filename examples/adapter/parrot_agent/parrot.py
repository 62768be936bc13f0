"""A coding agent that can do one thing: repeat. It stands for the program you want to drive.

It reads `{"say": "..."}`, one line for each message, and answers with lines. Before it shouts, it asks.
"""

from __future__ import annotations

import json
import sys
from typing import Any


def hear() -> dict[str, Any]:
    """The next line of the input; the end of it is the end of the parrot."""
    line = sys.stdin.readline()
    if not line:
        raise SystemExit
    heard: dict[str, Any] = json.loads(line)
    return heard


def tell(event: str, **more: str) -> None:
    """One line of the output."""
    sys.stdout.write(json.dumps({"event": event, **more}) + "\n")
    sys.stdout.flush()


def main() -> None:
    """One turn after the other."""
    while True:
        text = hear()["say"]
        if text.isupper():
            tell("asks", id=f"shout {text}", what="shout")
            if not hear()["allow"]:
                text = text.lower()
        for word in text.split():
            tell("word", text=f"{word} ")
        tell("done")


if __name__ == "__main__":
    main()
