"""In an E2B sandbox. Needs E2B_API_KEY."""

from __future__ import annotations

import os
import secrets

from e2b import Sandbox
from first_turn import first_turn

PORT = 2468
INSTALL = "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet sandbox-agent-py"
"""The sandbox is thrown away, so it does not matter whether its Python is the system's own."""


def main() -> None:
    """Start a sandbox whose address asks for a token of E2B's besides ours."""
    token = secrets.token_urlsafe(32)
    keys = {"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")}
    sandbox = Sandbox.create(timeout=3600, network={"allow_public_traffic": False})
    try:
        sandbox.commands.run(INSTALL, timeout=300)
        server = f"python3 -m sandbox_agent server --host 0.0.0.0 --port {PORT}"
        sandbox.commands.run(server, background=True, envs=keys, timeout=0)
        headers = {"e2b-traffic-access-token": sandbox.traffic_access_token or ""}
        first_turn(f"https://{sandbox.get_host(PORT)}", token, headers)
    finally:
        sandbox.kill()


if __name__ == "__main__":
    main()
