"""Runs an example in the language it is written in, as somebody would who has the package."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox_agent.agents import AGENTS
from sandbox_agent.runtime.install import Installer, Order
from sandbox_agent.runtime.settings import Settings

ROOT = Path(__file__).parents[2]
EXAMPLES = ROOT / "examples"
AGENTS_DIR = ROOT / ".cache" / "agents"


@dataclass(frozen=True, kw_only=True)
class Language:
    """How to run the examples of one language, each in a home of its own."""

    home: Path
    program: str
    folder: Path
    suffix: str
    env: Mapping[str, str] = field(default_factory=dict[str, str])

    def command(self, name: str, *arguments: str) -> list[str]:
        return [self.program, str(self.folder / f"{name}{self.suffix}"), *arguments]

    def environ(self, **more: str) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), "LANG": "C.UTF-8", **self.env, **more}

    def run(self, name: str, *arguments: str, stdin: str = "", **env: str) -> str:
        """What an example prints."""
        done = subprocess.run(
            self.command(name, *arguments),
            input=stdin,
            env=self.environ(**env),
            cwd=self.home,
            timeout=120,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


def python(home: Path) -> Language:
    return Language(home=home, program=sys.executable, folder=EXAMPLES / "python", suffix=".py")


@contextmanager
def serving(command: list[str], language: Language, **env: str) -> Iterator[str]:
    """A web backend on a free port; its address."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=language.environ(**env),
        cwd=language.home,
    ) as process:  # fmt: skip
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                    yield found.group()
                    return
            raise AssertionError("the backend did not come up")
        finally:
            process.terminate()


def install_claude() -> dict[str, str]:
    """Claude Code is there; the variable that says where."""
    Installer(Settings(data_dir=AGENTS_DIR, directory=str(ROOT))).install(AGENTS["claude"], Order())
    return {"SANDBOX_AGENT_DATA_DIR": str(AGENTS_DIR)}
