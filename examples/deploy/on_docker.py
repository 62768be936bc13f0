"""In Docker: a container of the image that `docker/Dockerfile` makes."""

from __future__ import annotations

import os
import secrets

import docker
from first_turn import first_turn

PORT = "2468/tcp"


def main() -> None:
    """Start a container that nobody but this machine can reach, run a turn, remove it."""
    token = secrets.token_urlsafe(32)
    container = docker.from_env().containers.run(
        "sandbox-agent",
        detach=True,
        ports={PORT: ("127.0.0.1", 0)},
        environment={"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")},
        read_only=True,
        tmpfs={"/data": "mode=1777,exec", "/workspace": "mode=1777"},
        cap_drop=["ALL"],
        security_opt=["no-new-privileges"],
        mem_limit="2g",
        pids_limit=512,
    )
    try:
        container.reload()  # the port is known once it runs
        (binding, *_) = container.ports[PORT] or []
        port = binding["HostPort"]
        first_turn(f"http://127.0.0.1:{port}", token)
    finally:
        container.remove(force=True)


if __name__ == "__main__":
    main()
