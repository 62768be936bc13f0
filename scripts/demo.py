"""`make demo`: one turn of an agent in the terminal, offline and without a key.

The mock agent needs nothing. A real agent talks to the scripted model, or service, on loopback, with a made-up
home folder, so it can neither see nor spend anything of the person who tries it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from sandbox_agent.testing import ScriptedAmp, ScriptedModel, bundled_scripts, load_script

ROOT = Path(__file__).resolve().parent.parent
COMMAND = str(Path(sys.executable).with_name("sandbox-agent"))
DATA = {"SANDBOX_AGENT_DATA_DIR": str(ROOT / ".cache" / "agents")}
KEPT = ("PATH", "TERM", "COLORTERM", "LANG", "LC_ALL", "TZ", "TMPDIR")
PROMPT = "Show me what you can do."


def run(agent: str, prompt: str, options: list[str], env: dict[str, str]) -> int:
    """Run one turn and hand back its exit status; without a terminal nobody can be asked, so all is allowed."""
    asked = [] if sys.stdin.isatty() else ["--yes"]
    with tempfile.TemporaryDirectory(prefix="sandbox-agent-demo-") as folder:
        work = Path(folder) / "work"
        work.mkdir()
        argv = [COMMAND, "run", agent, prompt, "--directory", str(work), *asked, *options]
        return subprocess.call(argv, env={**env, **DATA, "HOME": folder})


def demo(agent: str, options: list[str]) -> int:
    """The mock plays its own demo; a real agent is installed, then led through the scripted one."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    if agent == "mock":
        return run(agent, "demo", options, kept)
    installed = subprocess.call([COMMAND, "install-agent", agent], env={**os.environ, **DATA})
    if installed:
        return installed
    own = f"demo-{agent}"
    service = ScriptedAmp if agent == "amp" else ScriptedModel
    with service(load_script(own if own in bundled_scripts() else "demo")) as model:
        return run(agent, PROMPT, options, {**kept, **model.env})


if __name__ == "__main__":
    # Ctrl-C is for the turn: the child gets it too and decides. Not SIG_IGN, which the child would inherit.
    signal.signal(signal.SIGINT, lambda *_: None)
    sys.exit(demo(sys.argv[1], sys.argv[2:]))
