"""In a Modal sandbox. Needs MODAL_TOKEN_ID and MODAL_TOKEN_SECRET, or `modal setup`."""

from __future__ import annotations

import os
import secrets

import modal
from first_turn import first_turn

PORT = 2468


def main() -> None:
    """Build the image once, start the server as the sandbox's own command, reach it by its tunnel."""
    token = secrets.token_urlsafe(32)
    keys = {"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")}
    image = modal.Image.debian_slim("3.12").apt_install("git", "npm").pip_install("sandbox-agent-py")
    sandbox = modal.Sandbox.create(
        *f"sandbox-agent server --host 0.0.0.0 --port {PORT}".split(),
        app=modal.App.lookup("sandbox-agent", create_if_missing=True),
        image=image,
        secrets=[modal.Secret.from_dict({**keys})],
        encrypted_ports=[PORT],
        timeout=3600,
    )
    try:
        first_turn(sandbox.tunnels()[PORT].url, token)
    finally:
        sandbox.terminate()


if __name__ == "__main__":
    main()
