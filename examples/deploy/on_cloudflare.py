"""In a Cloudflare sandbox, through the Worker in `cloudflare/`. Needs WORKER_URL and SANDBOX_AGENT_TOKEN."""

from __future__ import annotations

import os
import secrets

import httpx
from first_turn import first_turn


def main() -> None:
    """The first request to a name starts its sandbox, DELETE ends it."""
    token = os.environ["SANDBOX_AGENT_TOKEN"]
    sandbox = f"{os.environ['WORKER_URL']}/sandboxes/{secrets.token_hex(8)}"
    try:
        first_turn(sandbox, token)
    finally:
        httpx.delete(sandbox, headers={"authorization": f"Bearer {token}"}).raise_for_status()


if __name__ == "__main__":
    main()
