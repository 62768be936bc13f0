"""In a Vercel Sandbox. Needs VERCEL_TOKEN, VERCEL_TEAM_ID and VERCEL_PROJECT_ID, or VERCEL_OIDC_TOKEN."""

from __future__ import annotations

import os
import secrets

from first_turn import first_turn
from vercel.api import session
from vercel.sandbox import sync as vercel

PORT = 2468


def main() -> None:
    """Start a sandbox with one port open to the world, which our token guards."""
    token = secrets.token_urlsafe(32)
    keys = {"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")}
    with session(), vercel.create_sandbox(ports=[PORT], env=keys, execution_time_limit=3600) as sandbox:
        # The sandbox is thrown away, so it does not matter whether its Python is the system's own.
        allowed = {"PIP_BREAK_SYSTEM_PACKAGES": "1"}
        install = "-m pip install --quiet sandbox-agent-py"
        sandbox.run_process("python3", install.split(), env=allowed, check=True)
        server = f"-m sandbox_agent server --host 0.0.0.0 --port {PORT}"
        sandbox.create_process("python3", server.split())
        (url,) = (route.url for route in sandbox.routes if route.port == PORT)
        first_turn(url, token)


if __name__ == "__main__":
    main()
