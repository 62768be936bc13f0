"""Starts the MCP server of the live tests, and speaks of it as a session does."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

TOKEN = "sesame"
_SERVER = Path(__file__).with_name("tool_server.py")


def program(*command: str, **fields: Any) -> dict[str, Any]:
    """The server as a program; with `command` another one."""
    return {"type": "local", "command": list(command) or [sys.executable, str(_SERVER), "stdio"], **fields}


@contextmanager
def service(kind: Literal["http", "sse"]) -> Generator[str]:
    """The server behind a URL, for those who bring the token."""
    argv = [sys.executable, str(_SERVER), kind, TOKEN]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            port = int(process.stdout.readline())
            yield f"http://127.0.0.1:{port}/{'sse' if kind == 'sse' else 'mcp'}"
        finally:
            process.kill()
