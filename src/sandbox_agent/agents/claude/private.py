"""The files in which a session's own configuration goes to the CLI. Pure.

Nothing of it is in an argument, where every user of the machine could read it, and nothing in the working directory.
Each flag adds to what the user and the project have; `--strict-mcp-config` alone leaves theirs out, so that a session
has exactly the MCP servers it was created with.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.agents.claude.mcp import mcp_config
from sandbox_agent.schema.base import encode

__all__ = ["HOOK_EVENTS", "PrivateFiles", "private_files"]

HOOK_EVENTS = frozenset(
    {
        "ConfigChange",
        "CwdChanged",
        "Elicitation",
        "FileChanged",
        "InstructionsLoaded",
        "Notification",
        "PermissionRequest",
        "PostCompact",
        "PostToolUse",
        "PostToolUseFailure",
        "PreCompact",
        "PreToolUse",
        "SessionEnd",
        "SessionStart",
        "Setup",
        "Stop",
        "StopFailure",
        "SubagentStart",
        "SubagentStop",
        "TaskCompleted",
        "TeammateIdle",
        "UserPromptSubmit",
        "WorktreeCreate",
    }
)
"""The events that both supported versions know."""


@dataclass(frozen=True)
class PrivateFiles:
    """Files to write, links to make, and the flags that name them."""

    flags: list[str] = field(default_factory=list[str])
    files: dict[str, bytes] = field(default_factory=dict[str, bytes])
    links: dict[str, str] = field(default_factory=dict[str, str])

    def add(self, flag: str, path: str, content: bytes) -> None:
        """A file that a flag names."""
        self.files[path] = content
        self.flags.append(f"--{flag}={path}")


def private_files(options: SessionOptions) -> PrivateFiles:
    """The files of a session; empty for a plain one."""
    own, folder = PrivateFiles(), options.private_dir
    if options.mcp:
        own.add("mcp-config", f"{folder}/mcp.json", encode(mcp_config(options.mcp, options.environ)))
        own.flags.append("--strict-mcp-config")
    if options.instructions:
        own.add("append-system-prompt-file", f"{folder}/instructions.md", options.instructions.encode())
    if options.hooks:
        own.add("settings", f"{folder}/settings.json", encode({"hooks": options.hooks}))
    if options.skills:
        # Not the private folder itself: what `--add-dir` names the model may read unasked.
        home = f"{folder}/with-skills"
        own.flags.append(f"--add-dir={home}")
        own.links.update({f"{home}/.claude/skills/{skill.name}": skill.path for skill in options.skills})
    return own
