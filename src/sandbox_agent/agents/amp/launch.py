"""How an Amp process is started: session options to argv, environment and private files. Pure."""

from __future__ import annotations

from typing import Any

from sandbox_agent.adapter import Helper, Log, SessionOptions, Spawn
from sandbox_agent.adapter.environment import agent_environment, beside_proxies
from sandbox_agent.adapter.mcp import argv_of, enabled, headers_of, token_variables, urls
from sandbox_agent.schema.api import LocalMcpServer, McpServer
from sandbox_agent.schema.base import encode

__all__ = ["EFFORTS", "KEY", "REFUSED", "TOOL", "spawn"]

EFFORTS = ("low", "medium", "high", "ultra")
KEY = "AMP_API_KEY"
TOOL = "AGENT_TOOL_NAME"
"""In the environment of the program that a rule delegates to: which tool wants to run."""
REFUSED = 2
"""What that program returns so that the tool does not run; the model then reads what it said on stderr."""

_DIALOGUE = ("-x", "--stream-json", "--stream-json-thinking", "--stream-json-input", "--no-archive-after-execute")
_LOGGED = ("--log-level", "info", "--log-file", "/dev/stderr")
_LOG = Log(begins=b'{"@timestamp":', tells=(b"Scheduling transport reconnect", b'"nextState":"connected"'))
"""Only there does it say that it cannot reach its service, and that it can again."""
_LABEL = "sandbox-agent"
_HARMLESS = ("Grep", "Read", "find_thread", "glob", "read_mcp_resource", "shell_command_status", "skill")
"""Tools that only look; they run unasked, as they do in other agents."""
_EDITS = ("apply_patch", "create_file", "edit_file")


def spawn(options: SessionOptions, resume: str | None = None) -> Spawn:
    """The process of a session; `resume` is the thread to go on with."""
    argv = [options.executable or "amp"]
    if resume:
        argv += ["threads", "continue", resume]
    argv += (*_DIALOGUE, *_LOGGED)
    effort = options.variant or (options.agent_mode if options.agent_mode in EFFORTS else None)
    if effort:
        argv += ["--mode", effort]
    if not resume:
        argv += ["--label", _LABEL]
    files = {f"{options.private_dir}/settings.json": encode(_settings(options))}
    links = {f"{_skills(options)}/{skill.name}": skill.path for skill in options.skills}
    argv += ["--settings-file", f"{options.private_dir}/settings.json"]
    servers = enabled(options.mcp)
    if servers:
        path = f"{options.private_dir}/mcp.json"
        files[path] = encode({name: _server(server, options) for name, server in servers.items()})
        argv += ["--mcp-config", path]
    env = agent_environment(options.environ, ("amp",), tokens=token_variables(options.mcp))
    env |= beside_proxies(env, (env.get("AMP_URL", ""), *urls(options.mcp)))
    helper = Helper(program=_helper(options), tells=(TOOL,), refusal=REFUSED)
    return Spawn(argv=tuple(argv), env=env, cwd=options.directory, files=files, links=links, helper=helper, log=_LOG)


def _helper(options: SessionOptions) -> str:
    return f"{options.private_dir}/ask"


def _skills(options: SessionOptions) -> str:
    return f"{options.private_dir}/with-skills"


def _settings(options: SessionOptions) -> dict[str, Any]:
    ours: dict[str, Any] = {"amp.permissions": _rules(options)}
    return ours | {"amp.skills.path": _skills(options)} if options.skills else ours


def _rules(options: SessionOptions) -> list[dict[str, Any]]:
    """The first rule that fits counts. Without any, Amp runs everything; with `ask` it would refuse instead."""
    if options.permission_mode == "bypass":
        return [{"tool": "*", "action": "allow"}]
    allowed = (*_HARMLESS, *_EDITS) if options.permission_mode == "acceptEdits" else _HARMLESS
    rules = [{"tool": tool, "action": "allow"} for tool in allowed]
    return [*rules, {"tool": "*", "action": "delegate", "to": _helper(options)}]


def _server(server: McpServer, options: SessionOptions) -> dict[str, Any]:
    if isinstance(server, LocalMcpServer):
        argv = argv_of(server, into_folder=True)
        return {"command": argv[0], "args": list(argv[1:]), "env": server.env or {}}
    return {"url": server.url, "headers": headers_of(server, options.environ)}
