"""Where Claude Code's CLI comes from. Versions of the wheel were read from its own list of what it carries."""

from __future__ import annotations

from sandbox_agent.adapter import Install

__all__ = ["INSTALL"]

_PLATFORMS = ("darwin-arm64", "darwin-x64", "linux-arm64", "linux-arm64-musl", "linux-x64", "linux-x64-musl")

INSTALL = Install(
    version="2.1.197",
    executable="claude",
    npm={platform: f"@anthropic-ai/claude-code-{platform}" for platform in _PLATFORMS},
    pip="claude-agent-sdk",
    pip_versions={"2.1.202": "0.2.111", "2.1.203": "0.2.112", "2.1.204": "0.2.113", "2.1.330": "0.2.187"},
    pip_path="claude_agent_sdk/_bundled/claude",
)
