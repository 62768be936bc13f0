"""Takes secrets out of what other processes can read of this one.

Whoever runs as our user, and so every agent, may read `/proc/PID/environ` and `/proc/PID/cmdline`, and the list of
processes shows the latter to everybody. They show the memory in which the system gave us environment and arguments,
whatever has become of them since; so it is there that a secret must be written over.
"""

from __future__ import annotations

import os
from collections.abc import MutableMapping

__all__ = ["hide_argument", "hide_variable"]

_ARG_START, _ENV_START = 45, 47
"""Places of the addresses in `/proc/PID/stat`, counted from the state. Source: proc_pid_stat(5)."""


def hide_variable(name: str, environ: MutableMapping[str, str] = os.environ) -> None:
    """Forget a variable, and write over its value. Where the system does not let us, the first is all that is done."""
    environ.pop(name, None)
    _write_over("environ", _ENV_START, os.fsencode(name) + b"=", None)


def hide_argument(value: str, options: tuple[str, ...]) -> None:
    """Write over what was given to one of these options, as a word of its own or in one with the option."""
    for before in ("", *(f"{each}=" for each in options), *options):
        _write_over("cmdline", _ARG_START, os.fsencode(before), os.fsencode(value))


def _write_over(block: str, address: int, before: bytes, value: bytes | None) -> None:
    try:
        places = _places(_read(block), before, value)
        if places:
            start = int(_read("stat").rpartition(b")")[2].split()[address])
            # Not buffered: a buffer would read, and write back, more than was asked for.
            with open("/proc/self/mem", "r+b", buffering=0) as memory:  # noqa: PTH123 - see `_read`
                for place, length in places:
                    memory.seek(start + place)
                    memory.write(b"*" * length)
    except (OSError, ValueError, IndexError):
        pass  # no Linux, or one that keeps its memory from us


def _places(block: bytes, before: bytes, value: bytes | None) -> list[tuple[int, int]]:
    """Where the values begin in the words of a block, and how long they are."""
    found: list[tuple[int, int]] = []
    position = 0
    for word in block.split(b"\0"):
        rest = word[len(before) :]
        if rest and word.startswith(before) and value in (None, rest):
            found.append((position + len(before), len(rest)))
        position += len(word) + 1
    return found


def _read(name: str) -> bytes:
    with open(f"/proc/self/{name}", "rb") as file:  # noqa: PTH123 - pathlib takes longer to import
        return file.read()
