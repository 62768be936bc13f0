"""Where OpenCode's CLI comes from: one program in one npm package for each platform."""

from __future__ import annotations

from sandbox_agent.adapter import Install

__all__ = ["INSTALL"]

_PLATFORMS = (
    "darwin-arm64",
    "darwin-x64",
    "linux-arm64",
    "linux-arm64-musl",
    "linux-x64",
    "linux-x64-baseline",
    "linux-x64-musl",
)
_PACKAGES = {platform: f"opencode-{platform}" for platform in _PLATFORMS}

INSTALL = Install(
    version="1.18.33",
    executable="bin/opencode",
    # Builds for processors without AVX2; of two words after the platform the package has the C library last.
    npm={**_PACKAGES, "linux-x64-musl-baseline": "opencode-linux-x64-baseline-musl"},
)
