"""How what a command leaves in the background is found when its session goes, although all sessions share a server.

The server runs each command as `bash -c COMMAND`, with nothing in its environment that tells for whom. So bash reads a
file of ours first: it marks the command by a checksum of folder and text, which everything the command starts inherits.
The router computes the same of the calls it sees. The file also takes the server's password out of the environment.
Other shells do not read it. Pure.
"""

from __future__ import annotations

import posixpath
from collections.abc import Mapping

from sandbox_agent.adapter.environment import MEMBER

__all__ = ["mark_of", "reads_script", "script"]

_POLYNOMIAL = 0x04C11DB7
_TOP, _ALL = 0x80000000, 0xFFFFFFFF


def reads_script(environ: Mapping[str, str]) -> bool:
    """Whether commands run in bash: the server takes the user's shell, and bash where there is none."""
    return posixpath.basename(environ.get("SHELL", "bash")) == "bash"


def script(secret: str, before: str | None) -> bytes:
    """What bash reads before each command; `before` is the file that it would have read without us."""
    restored = f"export BASH_ENV={_quoted(before)}; . {_quoted(before)}\n" if before else ""
    return (
        f"unset BASH_ENV {secret}\n"
        f'{MEMBER}=$(printf "%s\\n%s" "$PWD" "$BASH_EXECUTION_STRING" | cksum 2>/dev/null)\n'
        f"export {MEMBER}=${{{MEMBER}/ /-}}\n"
        f"{restored}"
    ).encode()


def mark_of(directory: str, command: str) -> str:
    """The mark of a command that runs in a folder."""
    data = f"{posixpath.normpath(directory)}\n{command}".encode(errors="surrogatepass")
    return f"{_cksum(data)}-{len(data)}"


def _quoted(path: str) -> str:
    inner = path.replace("'", "'\\''")
    return f"'{inner}'"


def _entry(byte: int) -> int:
    value = byte << 24
    for _ in range(8):
        value = (value << 1) ^ _POLYNOMIAL if value & _TOP else value << 1
    return value & _ALL


_TABLE = [_entry(byte) for byte in range(256)]


def _cksum(data: bytes) -> int:
    """The checksum that POSIX specifies for `cksum`, which is not that of zlib: the length goes into it too."""
    value = 0
    for byte in data + len(data).to_bytes((len(data).bit_length() + 7) // 8, "little"):
        value = ((value << 8) & _ALL) ^ _TABLE[(value >> 24) ^ byte]
    return value ^ _ALL
