from __future__ import annotations

from tests.serving import running, serve

__all__ = ["running", "serve"]
