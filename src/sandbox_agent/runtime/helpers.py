"""Where the helpers of an agent are heard: programs it runs to ask its session something, each waiting for the answer.

They reach us through a unix socket in a folder that only our user may enter. A helper is a child of its agent, so it
ends with it like everything else the agent started; one that finds nobody refuses.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from sandbox_agent.adapter import Helper, HelperReply
from sandbox_agent.runtime import helper as script
from sandbox_agent.schema.base import encode

__all__ = ["HelperDesk", "open_desk"]

_ADDRESS_BYTES = 100
"""A unix socket's path may be hardly longer on any system."""
_LINE_BYTES = 16 * 1024 * 1024

Hear = Callable[[bytes], None]


async def open_desk(helper: Helper, hear: Hear) -> HelperDesk:
    """Place the program and listen for it. Raises OSError."""
    program = Path(helper.program)
    program.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    address = program.with_name(f"{program.name}.socket")
    spare = None
    if len(os.fsencode(address)) > _ADDRESS_BYTES:
        spare = Path(tempfile.mkdtemp(prefix="sa-"))
        address = spare / "s"
    address.unlink(missing_ok=True)
    desk = HelperDesk(address, spare, hear)
    await desk.listen()
    words = (sys.executable, "-I", "-S", script.__file__, str(address), str(helper.refusal), *helper.tells)
    _place(program, f"#!/bin/sh\nexec {shlex.join(words)}\n")
    return desk


class HelperDesk:
    """Passes on what helpers ask, as messages, and gives each its answer. Used on one loop."""

    def __init__(self, address: Path, spare: Path | None, hear: Hear) -> None:
        self._address = address
        self._spare = spare
        self._hear = hear
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.StreamWriter] = {}
        self._server: asyncio.Server | None = None

    async def listen(self) -> None:
        """Begin. Raises OSError."""
        self._server = await asyncio.start_unix_server(self._asked, self._address, limit=_LINE_BYTES)

    def reply(self, answer: HelperReply) -> None:
        """Let a helper end; nothing happens when it is gone."""
        writer = self._waiting.pop(answer.helper, None)
        if writer is not None:
            writer.write(encode({"exit_code": answer.exit_code, "message": answer.message}) + b"\n")
            writer.close()

    def close(self) -> None:
        """Hang up on all of them."""
        if self._server is not None:
            self._server.close()
        for writer in self._waiting.values():
            writer.transport.abort()
        self._waiting.clear()
        self._address.unlink(missing_ok=True)
        if self._spare is not None:
            shutil.rmtree(self._spare, ignore_errors=True)

    async def _asked(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        number = next(self._numbers)
        try:
            asked = msgspec.json.decode(await reader.readline(), type=dict[str, Any])
            self._waiting[number] = writer
            self._hear(encode({"type": "helper", "id": number, "env": asked.get("env"), "input": asked.get("input")}))
            await reader.read()  # it says nothing more; this ends when it does
            if self._waiting.pop(number, None) is not None:
                self._hear(encode({"type": "helper_gone", "id": number}))
        except (msgspec.DecodeError, ValueError, ConnectionError):
            pass  # no helper of ours
        finally:
            self._waiting.pop(number, None)
            with contextlib.suppress(RuntimeError):  # the loop may be closing
                writer.close()


def _place(program: Path, text: str) -> None:
    draft = program.with_name(f".{program.name}.draft")
    draft.write_text(text)
    draft.chmod(0o700)
    draft.replace(program)
