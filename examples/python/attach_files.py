"""Ask about files of this machine: `python attach_files.py claude "What is wrong here?" app.py error.log`.

They are uploaded into the session's folder first, as if the server were elsewhere.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sandbox_agent import SandboxAgent


def main(agent: str, message: str, *names: str) -> None:
    """Upload, attach, ask."""
    with (
        tempfile.TemporaryDirectory() as folder,
        SandboxAgent.start() as client,
        client.create_session("attached", agent=agent, directory=folder) as session,
    ):
        written = [session.files.write(Path(name).name, Path(name)) for name in names]
        result = session.send(message, attachments=[each.path for each in written]).wait()
        print(result.text or result.reason)


if __name__ == "__main__":
    main(*sys.argv[1:])
