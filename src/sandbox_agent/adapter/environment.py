"""What of the daemon's environment an agent process gets: one rule for every agent. Pure.

A model provider's secrets reach only the agents that work for that provider, and what is ours reaches none. Everything
else passes, because the tools that an agent runs need the environment of the machine they are on.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from urllib.parse import urlsplit

__all__ = ["KEYS", "LOGINS", "MEMBER", "OURS", "SECRETS", "agent_environment", "beside_proxies", "is_loopback"]

KEYS: Mapping[str, tuple[str, ...]] = {
    "anthropic": ("ANTHROPIC_API_KEY", "CLAUDE_API_KEY"),
    "openai": ("OPENAI_API_KEY", "CODEX_API_KEY"),
    "amp": ("AMP_API_KEY",),
}
"""By provider: the variables of an API key, the one that agents read first."""

LOGINS: Mapping[str, tuple[str, ...]] = {"anthropic": ("CLAUDE_CODE_OAUTH_TOKEN", "ANTHROPIC_AUTH_TOKEN")}
"""By provider: the variables of a login's token."""

# fmt: off
_OF_ONE_KEY = (
    "abacus", "aihubmix", "baseten", "cerebras", "chutes", "cohere", "cortecs", "cursor", "dashscope", "deepinfra",
    "deepseek", "fastrouter", "fireworks", "groq", "helicone", "inception", "inference", "llama", "lmstudio",
    "minimax", "mistral", "modelscope", "moonshot", "morph", "nebius", "nvidia", "ollama", "openrouter", "perplexity",
    "poe", "requesty", "scaleway", "siliconflow", "synthetic", "together", "upstage", "v0", "venice", "vultr", "xai",
    "zai", "zenmux", "zhipu",
)
# fmt: on
"""Providers whose secret is `<NAME>_API_KEY` and nothing else."""

SECRETS: Mapping[str, frozenset[str]] = {
    **{name: frozenset({f"{name.upper()}_API_KEY"}) for name in _OF_ONE_KEY},
    **{name: frozenset((*variables, *LOGINS.get(name, ()))) for name, variables in KEYS.items()},
    "amazon-bedrock": frozenset({"AWS_BEARER_TOKEN_BEDROCK"}),
    "azure": frozenset({"AZURE_API_KEY", "AZURE_COGNITIVE_SERVICES_API_KEY", "AZURE_OPENAI_API_KEY"}),
    "foundry": frozenset({"ANTHROPIC_FOUNDRY_API_KEY"}),
    "gateway": frozenset({"AI_GATEWAY_API_KEY"}),
    "google": frozenset({"GEMINI_API_KEY", "GOOGLE_API_KEY", "GOOGLE_GENERATIVE_AI_API_KEY"}),
    "huggingface": frozenset({"HF_TOKEN"}),
    "opencode": frozenset({"OPENCODE_API_KEY", "OPENCODE_SERVER_PASSWORD"}),
}
"""By provider: every variable that holds a secret of it."""

MEMBER = "SANDBOX_AGENT_MEMBER"
"""To be set for what a shared server starts for one session: a word that its router knows that session by. When the
session leaves, everything that carries it is ended."""

OURS = ("SANDBOX_AGENT_",)
"""How the names of our own variables begin; the server's token is among them."""

_OUTER = ("npm_",)
"""Of an `npm run` around the daemon: it would change what an agent's own npm does."""

_LOOPBACK = ("127.0.0.1", "localhost", "::1")


def agent_environment(
    environ: Mapping[str, str],
    providers: Collection[str],
    *,
    without: Collection[str] = (),
    tokens: Collection[str] = (),
) -> dict[str, str]:
    """`environ` with the secrets of `providers` and of nobody else.

    `without`: further names that would mislead this agent, such as the marks of another one around the daemon.
    `tokens`: further names of secrets, which are for somebody else unless they are also a provider's.
    """
    foreign = {name for provider, names in SECRETS.items() if provider not in providers for name in names} | set(tokens)
    allowed = {name for provider in providers for name in SECRETS.get(provider, ())}
    dropped = (foreign - allowed) | set(without)
    return {
        name: value for name, value in environ.items() if name not in dropped and not name.startswith((*OURS, *_OUTER))
    }


def beside_proxies(env: Mapping[str, str], urls: Iterable[str]) -> dict[str, str]:
    """What to change in `env` when one of `urls` is on this machine: a proxy must not be asked for it."""
    if not any(is_loopback(url) for url in urls):
        return {}
    changes: dict[str, str] = {}
    for name in ("NO_PROXY", "no_proxy"):
        present = [host.strip() for host in env.get(name, "").split(",") if host.strip()]
        changes[name] = ",".join([*present, *(host for host in _LOOPBACK if host not in present)])
    return changes


def is_loopback(url: str) -> bool:
    """Whether a URL leads to this machine."""
    try:
        host = urlsplit(url).hostname or ""
    except ValueError:
        return False
    return host in _LOOPBACK or host.startswith("127.")
