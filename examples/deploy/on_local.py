"""On this machine: `start()` runs a daemon that ends with this program."""

from __future__ import annotations

from first_turn import first_turn

from sandbox_agent import SandboxAgent


def main() -> None:
    """One daemon, one turn."""
    with SandboxAgent.start(cwd=".") as client:
        first_turn(client.base_url, client.token or "")


if __name__ == "__main__":
    main()
