"""Follow a session on a running server, from where you stopped: `python follow.py URL SESSION FILE`.

The file holds the events that were seen, one a line; start the program again and it goes on after the last one.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from sandbox_agent import SandboxAgent
from sandbox_agent.schema.base import encode


def main(base_url: str, session_id: str, path: Path) -> None:
    """Add the events that the file lacks, until the session ends."""
    seen = len(path.read_bytes().splitlines()) if path.exists() else 0
    with SandboxAgent.connect(base_url, token=os.environ.get("SANDBOX_AGENT_TOKEN")) as client, path.open("ab") as file:
        for event in client.session(session_id).stream(offset=seen):
            file.write(encode(event) + b"\n")
            file.flush()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
