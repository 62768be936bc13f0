"""In a Daytona sandbox. Needs DAYTONA_API_KEY."""

from __future__ import annotations

import os
import secrets

from daytona import CreateSandboxFromSnapshotParams, Daytona, SessionExecuteRequest
from first_turn import first_turn

PORT = 2468


def main() -> None:
    """Start a private sandbox; its preview address asks for a token of Daytona's besides ours."""
    token = secrets.token_urlsafe(32)
    keys = {"SANDBOX_AGENT_TOKEN": token, "ANTHROPIC_API_KEY": os.environ.get("ANTHROPIC_API_KEY", "")}
    daytona = Daytona()
    sandbox = daytona.create(CreateSandboxFromSnapshotParams(language="python", env_vars=keys, public=False))
    try:
        installed = sandbox.process.exec("pip install --quiet sandbox-agent-py", timeout=300)
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
