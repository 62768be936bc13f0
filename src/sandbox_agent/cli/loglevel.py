"""What `RUST_LOG` says of us: scripts of the 0.1.x server set it. All that we log below an error is `info`."""

from __future__ import annotations

__all__ = ["shows_info"]

_LEVELS = ("off", "error", "warn", "info", "debug", "trace")
_TARGET = "sandbox_agent"


def shows_info(directives: str) -> bool:
    """Whether a filter such as `warn,sandbox_agent=info` lets `info` through. What nobody understands is left out."""
    found = {"": "info"}
    for directive in directives.lower().replace("-", "_").split(","):
        target, equals, level = directive.strip().rpartition("=")
        if level in _LEVELS:
            found[target if equals else ""] = level
    level = next((found[target] for target in (_TARGET, "") if target in found), "info")
    return _LEVELS.index(level) >= _LEVELS.index("info")
