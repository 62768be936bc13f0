"""In a Daytona sandbox. Needs DAYTONA_API_KEY."""

from __future__ import annotations

import os
import secrets

from daytona import CreateSandboxFromSnapshotParams, Daytona, SessionExecuteRequest
from first_turn import first_turn

PORT = 2468
INSTALL = "PIP_BREAK_SYSTEM_PACKAGES=1 python3 -m pip install --quiet sandbox-agent-py"
"""The sandbox is thrown away, so it does not matter whether its Python is the system's own."""


def main() -> None:
    """Start a private sandbox; its preview address asks for a token of Daytona's besides ours."""
    token = secrets.token_urlsafe(32)
    keys = {"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")}
    daytona = Daytona()
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python", env_vars=keys, public=False))
    try:
        installed = sandbox.process.exec(INSTALL, timeout=300)
        if installed.exit_code != 0:
            raise RuntimeError(installed.result)
        sandbox.process.create_session("server")
        server = f"python3 -m sandbox_agent server --host 0.0.0.0 --port {PORT}"
        sandbox.process.execute_session_command("server", SessionExecuteRequest(command=server, run_async=True))
        preview = sandbox.get_preview_link(PORT)
        first_turn(preview.url, token, {"x-daytona-preview-token": preview.token})
    finally:
        daytona.delete(sandbox)


if __name__ == "__main__":
    main()
