"""Agents that are scripts of the shell, for what only a real process shows."""

from __future__ import annotations

import os

from tests.runtime.parrot import ParrotAdapter

from sandbox_agent.adapter import Spawn

__all__ = ["Brief", "Failing", "Family"]


class Shell(ParrotAdapter):
    """Its program is a script of the shell."""

    script = ""

    def _spawn(self) -> Spawn:
        return Spawn(argv=("/bin/sh", "-c", self.script), env={"PATH": os.defpath}, cwd=self.options.directory)


class Brief(Shell):
    """Ends its turn with each message, and itself with code 0."""

    script = """read message; echo '{"text":"done"}'; echo '{"end":"completed"}'"""


class Failing(Shell):
    """Says something that is no message, asks, and when it is answered complains and fails."""

    script = """echo noise; echo '{"ask":"p"}'; read message; read answer; echo its last words >&2; exit 3"""


class Family(Shell):
    """Has a child, and one that left its session, writes down all three, and reads on."""

    script = (
        "sleep 300 & echo $! > family; setsid sleep 300 & echo $! >> family; echo $$ >> family; "
        """echo '{"text":"here we are"}'; exec cat > /dev/null"""
    )
