"""Permissions in the terminal, with what the agent wants to do: `python permissions.py claude "Tidy up"`."""

from __future__ import annotations

import json
import sys

from sandbox_agent import PermissionReply, PermissionRequested, SandboxAgent

ANSWERS: dict[str, PermissionReply] = {"y": "once", "a": "always", "n": "reject"}


def ask(request: PermissionRequested) -> PermissionReply:
    """Show it, and ask until the answer is one of three."""
    print(f"\nThe agent asks for: {request.action}")
    print(json.dumps(request.metadata, indent=2, ensure_ascii=False))
    while (answer := input("[y]es once, [a]lways, [n]o? ")) not in ANSWERS:
        print("y, a or n, please.")
    return ANSWERS[answer]


def main(agent: str, message: str) -> None:
    """One message, as many permissions as it takes."""
    with SandboxAgent.start() as client, client.create_session("asks", agent=agent) as session:
        result = session.send(message, on_permission=ask).wait()
        print(result.text or result.reason)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["mock", "permission"]))
