"""How an OpenCode server is started: session options to argv and environment. Pure.

Sessions with the same environment share a server, whatever their directories. So what must hold for one session and
not for another is part of the environment: its permission mode, its MCP servers and its skills.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from sandbox_agent.adapter import HttpServer, SessionOptions, Spawn
from sandbox_agent.adapter.environment import SECRETS, agent_environment, beside_proxies
from sandbox_agent.adapter.mcp import token_variables
from sandbox_agent.adapter.values import as_dict
from sandbox_agent.agents.opencode.marks import reads_script, script
from sandbox_agent.agents.opencode.mcp import mcp_config
from sandbox_agent.agents.opencode.router import OpenCodeRouter
from sandbox_agent.schema.base import encode

__all__ = ["SERVER", "agent_of", "environment", "spawn"]

SERVER = HttpServer(
    events="/global/event",
    ready="opencode server listening on ",
    user="opencode",
    secret="OPENCODE_SERVER_PASSWORD",  # noqa: S106 - the variable's name
    settle=0.25,
)

_OUTER_MARKS = frozenset(
    {
        # Of an OpenCode around us; the last ones would make its server another one than we think.
        "OPENCODE",
        "OPENCODE_CLIENT",
        "OPENCODE_PID",
        "OPENCODE_PURE",
        "OPENCODE_ROUTE",
        "OPENCODE_WORKSPACE_ID",
        "OPENCODE_SERVER_PASSWORD",
        "OPENCODE_SERVER_USERNAME",
    }
)
_NOT_ITS_OWN = frozenset({"amp", "cursor"})
"""Services with agents of their own, whose keys OpenCode has no use for. Any other provider may be its model's."""
_MANNERS = {
    "OPENCODE_DISABLE_AUTOUPDATE": "1",
    "OPENCODE_DISABLE_EMBEDDED_WEB_UI": "1",
    "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
    "OPENCODE_DISABLE_SHARE": "1",
    "OPENCODE_ENABLE_QUESTION_TOOL": "1",
    "OPENCODE_EXPERIMENTAL_PLAN_MODE": "1",  # else a plan is nothing that can be approved
}
_READING = (
    "glob",
    "grep",
    "list",
    "lsp",
    "question",
    "plan_enter",
    "plan_exit",
    "skill",
    "task",
    "todoread",
    "todowrite",
)
_ENV_FILES = {"*": "allow", "*.env": "ask", "*.env.*": "ask", "*.env.example": "allow"}
_PLANNING = {
    "edit": {"*": "deny", "*opencode/plans/*.md": "allow"},
    "external_directory": {"*opencode/plans/*": "allow"},
}
"""The rules of the server would let the planning agent ask for edits; it may write its plan and nothing else."""
_ANYWHERE = "http://127.0.0.1"
_BUN_FOLDER = "BUN_TMPDIR"


def spawn(options: SessionOptions) -> Spawn:
    """The server of a session, which others may share.

    It takes a free port by itself: with 0 it tries its usual one first, and says which it took.
    """
    return Spawn(
        argv=(options.executable or "opencode", "serve", "--hostname=127.0.0.1", "--port=0"),
        env=environment(options),
        cwd="/",
        link="http",
        http=SERVER,
        shared=OpenCodeRouter,
        directory=options.directory,
        files=_files(options),
    )


def _files(options: SessionOptions) -> dict[str, bytes]:
    path, folder = _bash_script(options), _bun_folder(options)
    files = {path: script(SERVER.secret, options.environ.get("BASH_ENV"))} if path else {}
    return files | ({f"{folder}/.keep": b""} if folder else {})


def _bun_folder(options: SessionOptions) -> str | None:
    """Where the server unpacks a library of its own at each start, 5.5 MB that it never removes (seen with 1.18.33)."""
    return f"{options.common_dir}/bun" if options.common_dir and _BUN_FOLDER not in options.environ else None


def _bash_script(options: SessionOptions) -> str | None:
    if not options.common_dir or not reads_script(options.environ):
        return None
    return f"{options.common_dir}/before-commands.sh"


def environment(options: SessionOptions) -> dict[str, str]:
    """The daemon's environment without what is not meant for the agent, with its configuration and its manners."""
    env = agent_environment(
        options.environ, SECRETS.keys() - _NOT_ITS_OWN, without=_OUTER_MARKS, tokens=token_variables(options.mcp)
    )
    for name, value in _MANNERS.items():
        env.setdefault(name, value)
    if path := _bash_script(options):
        env["BASH_ENV"] = path
    if folder := _bun_folder(options):
        env[_BUN_FOLDER] = folder
    if options.permission_mode != "bypass":
        # A subagent has no rules of the session that started it, so they must be the server's.
        env["OPENCODE_PERMISSION"] = encode(_permissions(options.permission_mode)).decode()
    env["OPENCODE_CONFIG_CONTENT"] = encode(_config(options, env.get("OPENCODE_CONFIG_CONTENT", ""))).decode()
    # Which providers there are is in files we do not read; one of them may be on this machine.
    return env | beside_proxies(env, (_ANYWHERE,))


def agent_of(options: SessionOptions) -> str:
    """The agent that answers: in the permission mode `plan` always the one that plans."""
    return "plan" if options.permission_mode == "plan" else options.agent_mode


def _permissions(mode: str) -> dict[str, Any]:
    """Ask before anything but reading. Later rules win, and these come after those of the user's own files."""
    rules: dict[str, Any] = {"*": "ask", "read": _ENV_FILES, **dict.fromkeys(_READING, "allow")}
    return rules | {"edit": "allow"} if mode == "acceptEdits" else rules


def _config(options: SessionOptions, given: str) -> dict[str, Any]:
    """What the daemon's environment configures, and above it what is ours."""
    ours: dict[str, Any] = {
        "autoupdate": False,
        "share": "disabled",
        "agent": {"plan": {"permission": _PLANNING}},
    }
    if servers := mcp_config(options.mcp, options.environ):
        ours["mcp"] = servers
    if options.skills:
        ours["skills"] = {"paths": sorted(skill.path for skill in options.skills)}
    return _merged(_decoded(given), ours)


def _decoded(text: str) -> dict[str, Any]:
    try:
        return as_dict(msgspec.json.decode(text)) if text else {}
    except msgspec.DecodeError:
        return {}


def _merged(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(below)
    for key, value in above.items():
        inner = as_dict(value)
        merged[key] = _merged(as_dict(merged.get(key)), inner) if inner else value
    return merged
