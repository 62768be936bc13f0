"""How a Claude Code process is started: session options to argv, environment and folder. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from sandbox_agent.adapter import SessionOptions, Spawn
from sandbox_agent.agents.claude.mcp import mcp_config, mcp_timeout, mcp_variables
from sandbox_agent.schema.base import encode

__all__ = ["NATIVE_MODES", "environment", "spawn"]

NATIVE_MODES = {"acceptEdits": "acceptEdits", "bypass": "bypassPermissions", "plan": "plan"}
"""Our permission modes as the CLI names them; the default one has no name."""

_DIALOGUE = (
    "-p",
    "--input-format=stream-json",
    "--output-format=stream-json",
    "--verbose",
    "--include-partial-messages",
    "--permission-prompt-tool=stdio",
    "--replay-user-messages",
)

_DROPPED = frozenset(
    {
        # Marks of a Claude Code around us: with them the CLI believes it is a child of that one.
        "CLAUDECODE",
        "CLAUDE_AGENT_SDK_VERSION",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_EXECPATH",
        "CLAUDE_CODE_SDK_READS_SESSION_STATE",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
        # Keys of other providers are none of its business.
        "AMP_API_KEY",
        "AZURE_OPENAI_API_KEY",
        "CODEX_API_KEY",
        "COHERE_API_KEY",
        "DEEPSEEK_API_KEY",
        "GEMINI_API_KEY",
        "GOOGLE_API_KEY",
        "GOOGLE_GENERATIVE_AI_API_KEY",
        "GROQ_API_KEY",
        "MISTRAL_API_KEY",
        "OPENAI_API_KEY",
        "OPENCODE_API_KEY",
        "OPENROUTER_API_KEY",
        "TOGETHER_API_KEY",
        "XAI_API_KEY",
    }
)
_DROPPED_PREFIXES = ("SANDBOX_AGENT_", "npm_")
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_QUIET = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def spawn(options: SessionOptions, resume: str | None = None) -> Spawn:
    """The long-lived process of a session; `resume` is the native session to go on with."""
    argv = [options.executable or "claude", *_DIALOGUE]
    # `--flag=value` throughout: a value that begins with a dash must not become a flag of its own.
    if options.model and options.model != "default":
        argv.append(f"--model={options.model}")
    if options.variant:
        argv.append(f"--effort={options.variant}")
    argv += _permission_flags(options)
    if resume:
        argv.append(f"--resume={resume}")
    if options.mcp:
        argv += [f"--mcp-config={encode(mcp_config(options.mcp)).decode()}", "--strict-mcp-config"]
    return Spawn(argv=tuple(argv), env=environment(options), cwd=options.directory)


def environment(options: SessionOptions) -> dict[str, str]:
    """The daemon's environment without what is not meant for the agent, and with its self-update off."""
    wanted = mcp_variables(options.mcp)
    env = {
        name: value
        for name, value in options.environ.items()
        if name in wanted or not (name in _DROPPED or name.startswith(_DROPPED_PREFIXES))
    }
    for name, value in _QUIET.items():
        env.setdefault(name, value)
    if options.superuser and _bypasses(options):
        env.setdefault("IS_SANDBOX", "1")
    timeout = mcp_timeout(options.mcp)
    if timeout is not None:
        env.setdefault("MCP_TIMEOUT", str(timeout))
    env.update(_proxy_exceptions(env))
    return env


def _permission_flags(options: SessionOptions) -> list[str]:
    if options.agent_mode == "plan":
        # Bypass begins when the plan is approved, so the CLI must know that it may.
        allowed = ["--allow-dangerously-skip-permissions"] if _bypasses(options) else []
        return ["--permission-mode=plan", *allowed]
    if _bypasses(options):
        return ["--dangerously-skip-permissions"]
    native = NATIVE_MODES.get(options.permission_mode)
    return [f"--permission-mode={native}"] if native else []


def _bypasses(options: SessionOptions) -> bool:
    return options.permission_mode == "bypass"


def _proxy_exceptions(env: Mapping[str, str]) -> dict[str, str]:
    """A model on this machine is not behind the proxy."""
    if not _is_loopback(env.get("ANTHROPIC_BASE_URL", "")):
        return {}
    changes: dict[str, Any] = {}
    for name in ("NO_PROXY", "no_proxy"):
        present = [host.strip() for host in env.get(name, "").split(",") if host.strip()]
        changes[name] = ",".join([*present, *(host for host in _LOOPBACK if host not in present)])
    return changes


def _is_loopback(url: str) -> bool:
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in _LOOPBACK or host.startswith("127.")
