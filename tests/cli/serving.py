"""A daemon for the commands that talk to one, and a way to run commands against it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.cli import main

__all__ = ["COMMAND", "TOKEN", "Cli", "Said", "clean_environ", "serving"]

COMMAND = [sys.executable, "-m", "sandbox_agent"]
TOKEN = "secret"
PATIENCE = 60


def clean_environ(home: Path, **more: str) -> dict[str, str]:
    """No keys, no settings of ours, a home folder that is made up."""
    return {"PATH": os.environ["PATH"], "HOME": str(home), "SANDBOX_AGENT_DATA_DIR": str(home / "data"), **more}


@contextlib.contextmanager
def serving(folder: Path, *options: str) -> Iterator[str]:
    """A daemon with a token; its address."""
    command = [*COMMAND, "server", "--port", "0", "--token-file", "-", "--mock-pace", "0", *options]
    environ = clean_environ(folder, SANDBOX_AGENT_LOG_HTTP="0")
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environ, cwd=folder, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(TOKEN + "\n")
        process.stdin.close()
        found = re.search(r"listening on (\S+)", process.stdout.readline())
        assert found is not None
        yield found[1]
        process.terminate()
        process.wait(PATIENCE)


@dataclass(frozen=True)
class Said:
    """How a command ended and what it printed."""

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        assert self.status == 0, self.err
        return json.loads(self.out)


class Cli:
    """Runs commands in this process, as `main` would."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def point_to(self, url: str, token: str = TOKEN) -> None:
        self._monkeypatch.setenv("SANDBOX_AGENT_ENDPOINT", url)
        self._monkeypatch.setenv("SANDBOX_AGENT_TOKEN", token)

    def __call__(self, *words: object) -> Said:
        self._capsys.readouterr()
        try:
            status = main([str(each) for each in words])
        except SystemExit as ended:
            status = int(ended.code or 0)
        said = self._capsys.readouterr()
        return Said(status, said.out, said.err)
