"""How a `with` block of a session ends."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager

from sandbox_agent.schema.errors import SandboxAgentError, SessionNotFound

__all__ = ["leaving"]


@contextmanager
def leaving(error: BaseException | None) -> Generator[None]:
    """Around the last call: a session that was deleted needs none, and a failure must not hide the one before it."""
    try:
        yield
    except SessionNotFound:
        pass
    except SandboxAgentError:
        if error is None:
            raise
