"""How Codex is started and what its threads are told: session options to values. Pure.

One `codex app-server` serves every session with the same environment; what differs between sessions (folder, model,
permissions, tool servers) is said to each thread.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from sandbox_agent.adapter import Fork, SessionOptions, Spawn
from sandbox_agent.adapter.environment import agent_environment, beside_proxies
from sandbox_agent.adapter.mcp import token_variables, urls
from sandbox_agent.agents.codex.mcp import mcp_servers
from sandbox_agent.agents.codex.router import CodexRouter
from sandbox_agent.schema.base import encode, to_builtins

__all__ = [
    "HOOK_EVENTS",
    "Policy",
    "api_key",
    "environment",
    "fork_params",
    "plans",
    "policy",
    "probe",
    "skill_params",
    "spawn",
    "thread_params",
    "turn_params",
]

_KEYS = ("CODEX_API_KEY", "OPENAI_API_KEY")
_MARKS = (
    "CODEX_CI",
    "CODEX_MANAGED_BY_BUN",
    "CODEX_MANAGED_BY_NPM",
    "CODEX_SANDBOX",
    "CODEX_SANDBOX_NETWORK_DISABLED",
    "CODEX_THREAD_ID",
)
"""Of a Codex around the daemon."""
HOOK_EVENTS = frozenset(
    {
        "Interrupt",
        "PermissionRequest",
        "PostCompact",
        "PostToolUse",
        "PreCompact",
        "PreToolUse",
        "SessionEnd",
        "SessionStart",
        "Stop",
        "SubagentStart",
        "SubagentStop",
        "UserPromptSubmit",
    }
)
"""Of its `HookEventName`, those that a program can be run at."""
_GATEWAY = "gateway"
_SETTINGS: dict[str, Any] = {
    "check_for_update_on_startup": False,
    "features.default_mode_request_user_input": True,
    "show_raw_agent_reasoning": True,
    "suppress_unstable_features_warning": True,
    "tools.update_plan.enabled": True,
}
"""Off: the look for updates. On: questions outside plan mode, raw reasoning where a model gives it, the plan tool."""


class Policy(NamedTuple):
    """Whom Codex asks, and what it may touch without asking."""

    approval: str
    sandbox: str

    @property
    def sandbox_policy(self) -> dict[str, str]:
        """The sandbox as a turn is told."""
        return {"type": _SANDBOX_TYPES[self.sandbox]}


_SANDBOX_TYPES = {
    "read-only": "readOnly",
    "workspace-write": "workspaceWrite",
    "danger-full-access": "dangerFullAccess",
}
_POLICIES = {
    "acceptEdits": Policy("untrusted", "workspace-write"),
    "bypass": Policy("never", "danger-full-access"),
}
_DEFAULT = Policy("untrusted", "workspace-write")
_PLANNING = Policy("untrusted", "read-only")


def plans(options: SessionOptions) -> bool:
    """Whether the session begins in plan mode."""
    return options.agent_mode == "plan" or options.permission_mode == "plan"


def policy(options: SessionOptions, *, planning: bool) -> Policy:
    """Always said to Codex, because what it would do without depends on its configuration and on the folder."""
    return _PLANNING if planning else _POLICIES.get(options.permission_mode, _DEFAULT)


def api_key(options: SessionOptions) -> str | None:
    """The key to log in with, from the environment."""
    return next((options.environ[name] for name in _KEYS if options.environ.get(name)), None)


def spawn(options: SessionOptions) -> Spawn:
    """The server, shared by all sessions that get the same environment."""
    # Its own folder must be the same for all; that of a session goes to its thread.
    links = {f"{_skills_root(options)}/skills/{skill.name}": skill.path for skill in options.skills}
    return Spawn(
        argv=_argv(options),
        env=environment(options),
        cwd="/",
        shared=CodexRouter,
        directory=options.directory,
        links=links,
    )


def probe(options: SessionOptions) -> Spawn:
    """A server of its own."""
    return Spawn(argv=_argv(options), env=environment(options), cwd=options.directory)


def turn_params(options: SessionOptions, *, planning: bool) -> dict[str, Any]:
    """What each turn is told again."""
    chosen = policy(options, planning=planning)
    params: dict[str, Any] = {"approvalPolicy": chosen.approval, "sandboxPolicy": chosen.sandbox_policy}
    return params | {"effort": options.variant} if options.variant else params


def thread_params(options: SessionOptions, *, planning: bool) -> dict[str, Any]:
    """What a thread is told when it is started or resumed."""
    chosen = policy(options, planning=planning)
    params: dict[str, Any] = {
        "cwd": options.directory,
        "approvalPolicy": chosen.approval,
        "sandbox": chosen.sandbox,
    }
    if options.model:
        params["model"] = options.model
    if options.instructions:
        params["developerInstructions"] = options.instructions
    config: dict[str, Any] = {}
    if options.variant:
        config["model_reasoning_effort"] = options.variant
    if options.mcp:
        config["mcp_servers"] = mcp_servers(options.mcp, options.environ)
    if options.hooks:
        # Hooks of a configuration run only after somebody reviewed them; who creates the session has done so.
        config |= {"hooks": to_builtins(options.hooks), "bypass_hook_trust": True}
    return {**params, "config": config} if config else params


def skill_params(options: SessionOptions) -> dict[str, Any]:
    """What a new thread is told of the session's skills; a resumed one knows it."""
    if not options.skills:
        return {}
    location = {"type": "environment", "environmentId": "local", "path": _skills_root(options)}
    return {"selectedCapabilityRoots": [{"id": "session", "location": location}]}


def fork_params(fork: Fork) -> dict[str, Any]:
    """What a thread is told that begins with the turns of another. It has the other's skills, and no new ones."""
    upto = {"lastTurnId": fork.position} if fork.position else {}
    return {"threadId": fork.native_id, "excludeTurns": True, **upto}


def _skills_root(options: SessionOptions) -> str:
    return f"{options.private_dir}/capabilities"


def environment(options: SessionOptions) -> dict[str, str]:
    """The daemon's environment without what is not meant for the agent."""
    env = agent_environment(options.environ, ("openai",), without=_MARKS, tokens=token_variables(options.mcp))
    return {**env, **beside_proxies(env, [env.get("OPENAI_BASE_URL", ""), *urls(options.mcp)])}


def _argv(options: SessionOptions) -> tuple[str, ...]:
    settings = dict(_SETTINGS)
    key = api_key(options)
    if key is not None:
        # A login with the key stays in memory instead of replacing the one on disk.
        settings["cli_auth_credentials_store"] = "ephemeral"
        settings |= _gateway(options.environ)
    # Booleans and texts are written the same in JSON and TOML.
    overrides = [word for name, value in settings.items() for word in ("-c", f"{name}={encode(value).decode()}")]
    return (options.executable or "codex", *overrides, "--disable", "plugins", "app-server")


def _gateway(environ: Mapping[str, str]) -> dict[str, Any]:
    """A base URL of the environment, which Codex itself does not read, as a provider with plain HTTP.

    Told one by one, so that the user's configuration may add to it (headers, retries).
    """
    url = environ.get("OPENAI_BASE_URL")
    if not url:
        return {}
    key_name = next(name for name in _KEYS if environ.get(name))
    provider = {"name": "OpenAI gateway", "base_url": url, "wire_api": "responses", "env_key": key_name}
    settings = {f"model_providers.{_GATEWAY}.{name}": value for name, value in provider.items()}
    return {**settings, "model_provider": _GATEWAY}
