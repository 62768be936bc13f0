"""How a Claude Code process is started: session options to argv, environment and folder. Pure."""

from __future__ import annotations

from sandbox_agent.adapter import Fork, SessionOptions, Spawn
from sandbox_agent.adapter.environment import agent_environment, beside_proxies
from sandbox_agent.adapter.mcp import token_variables, urls
from sandbox_agent.agents.claude.mcp import mcp_timeout
from sandbox_agent.agents.claude.private import private_files

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

_OUTER_MARKS = frozenset(
    {
        # With them the CLI believes it is a child of the Claude Code around us.
        "CLAUDECODE",
        "CLAUDE_AGENT_SDK_VERSION",
        "CLAUDE_CODE_CHILD_SESSION",
        "CLAUDE_CODE_ENTRYPOINT",
        "CLAUDE_CODE_EXECPATH",
        "CLAUDE_CODE_SDK_READS_SESSION_STATE",
        "CLAUDE_CODE_SESSION_ID",
        "CLAUDE_CODE_SSE_PORT",
    }
)
_PROVIDERS = ("anthropic", "amazon-bedrock", "foundry")
_QUIET = {"DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1"}


def spawn(options: SessionOptions, resume: str | None = None, fork: Fork | None = None) -> Spawn:
    """The long-lived process of a session; `resume` is the native session to go on with, `fork` one to begin with."""
    argv = [options.executable or "claude", *_DIALOGUE]
    # `--flag=value` throughout: a value that begins with a dash must not become a flag of its own.
    if options.model and options.model != "default":
        argv.append(f"--model={options.model}")
    if options.variant:
        argv.append(f"--effort={options.variant}")
    argv += _permission_flags(options)
    if resume:
        argv.append(f"--resume={resume}")
    elif fork:
        argv += [f"--resume={fork.native_id}", "--fork-session"]
        if fork.position:
            argv.append(f"--resume-session-at={fork.position}")
    own = private_files(options)
    return Spawn(
        argv=(*argv, *own.flags), env=environment(options), cwd=options.directory, files=own.files, links=own.links
    )


def environment(options: SessionOptions) -> dict[str, str]:
    """The daemon's environment without what is not meant for the agent, and with its self-update off."""
    env = agent_environment(options.environ, _PROVIDERS, without=_OUTER_MARKS, tokens=token_variables(options.mcp))
    for name, value in _QUIET.items():
        env.setdefault(name, value)
    if options.superuser and _bypasses(options):
        env.setdefault("IS_SANDBOX", "1")
    if options.mcp:
        # 2.1.197 would begin the first turn after two seconds, without the tools of servers that take longer.
        env.setdefault("MCP_CONNECTION_NONBLOCKING", "0")
    if (timeout := mcp_timeout(options.mcp)) is not None:
        env.setdefault("MCP_TIMEOUT", str(timeout))
    return env | beside_proxies(env, (env.get("ANTHROPIC_BASE_URL", ""), *urls(options.mcp)))


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
