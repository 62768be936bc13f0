"""Where Amp's CLI comes from: npm packages, one for each platform; there is none for musl."""

from __future__ import annotations

from sandbox_agent.adapter import Install

__all__ = ["INSTALL"]

_PLATFORMS = ("darwin-arm64", "darwin-x64", "linux-arm64", "linux-x64")

INSTALL = Install(
    version="0.0.1790142911-g7618fb",
    executable="amp",
    npm={platform: f"@ampcode/cli-{platform}" for platform in _PLATFORMS},
)
