"""`sandbox-agent credentials ...`: the credentials that agents can find on this machine. Asks no server."""

from __future__ import annotations

import argparse
import json
import os
import shlex
import sys
from pathlib import Path
from typing import Any

from sandbox_agent.runtime.credentials import Credential, Credentials, discover, redacted, variables

__all__ = ["add_parser", "run"]

FAILED = 1
_PROVIDERS = {"claude": "anthropic", "amp": "anthropic", "codex": "openai", "opencode": None}
"""By agent; None: any."""


class _Missing(Exception):
    """What was asked for is not there; the text says so."""


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "credentials",
        help="the credentials that agents can find on this machine",
        description="Look where the agents keep their credentials: environment variables, then their own files.",
    )
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    extract = actions.add_parser(
        "extract", help="show them", epilog="example: sandbox-agent credentials extract --agent claude --reveal"
    )
    _add_common(extract)
    extract.add_argument("-a", "--agent", choices=tuple(_PROVIDERS), help="only the one that this agent would use")
    extract.add_argument("-p", "--provider", help="only the one of this provider, for example: openai")
    extract.add_argument("-r", "--reveal", action="store_true", help="whole; without this only the ends are shown")
    extract.set_defaults(work=_extract)
    export = actions.add_parser(
        "extract-env",
        help="as lines NAME=value for a shell",
        epilog='example: eval "$(sandbox-agent credentials extract-env --export)"',
    )
    _add_common(export)
    export.add_argument("-e", "--export", action="store_true", help="lines begin with `export `")
    export.set_defaults(work=_extract_env)
    parser.set_defaults(run=run)


def _add_common(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-d", "--home-dir", type=Path, metavar="DIR", help="the home folder (default: your own)")
    parser.add_argument("--no-oauth", action="store_true", help="API keys only, no logins")


def run(args: argparse.Namespace) -> int:
    """Print them; 1 when what was asked for is not there."""
    try:
        args.work(args, discover(os.environ, args.home_dir, oauth=not args.no_oauth))
    except _Missing as problem:
        print(f"sandbox-agent credentials: {problem}", file=sys.stderr)
        return FAILED
    return 0


def _extract(args: argparse.Namespace, found: Credentials) -> None:
    if args.agent is None and args.provider is None:
        print(json.dumps(_summary(found, reveal=args.reveal), indent=2, ensure_ascii=False))
        return
    credential = _chosen(args.agent, args.provider, found)
    print(credential.api_key if args.reveal else redacted(credential.api_key))


def _summary(found: Credentials, *, reveal: bool) -> dict[str, Any]:
    def show(each: Credential | None) -> dict[str, Any] | None:
        if each is None:
            return None
        return {
            "provider": each.provider,
            "source": each.source,
            "auth_type": each.auth_type,
            "api_key": each.api_key if reveal else redacted(each.api_key),
            "redacted": not reveal,
        }

    other = {name: show(found.other[name]) for name in sorted(found.other)}
    return {"anthropic": show(found.anthropic), "openai": show(found.openai), "other": other}


def _chosen(agent: str | None, provider: str | None, found: Credentials) -> Credential:
    if agent is not None and provider is None:
        return _of_agent(agent, found)
    wanted = _PROVIDERS.get(agent) if agent is not None else None
    if agent is not None and wanted is not None and provider not in {wanted, agent}:
        raise _Missing(f"{agent} uses {wanted}, not {provider}")
    credential = found.of(provider or "")
    if credential is None:
        raise _Missing(f"no credentials for {provider}")
    return credential


def _of_agent(agent: str, found: Credentials) -> Credential:
    provider = _PROVIDERS[agent]
    if provider is not None:
        own = found.other.get(agent)  # Amp has a key of its own
        credential = own or found.of(provider)
        if credential is None:
            raise _Missing(f"no credentials for {agent}")
        return credential
    if (first := found.openai or found.anthropic) is not None:
        return first
    if len(found.other) == 1:
        return next(iter(found.other.values()))
    if not found.other:
        raise _Missing(f"no credentials for {agent}")
    raise _Missing(f"several providers have credentials, choose with --provider: {', '.join(sorted(found.other))}")


def _extract_env(args: argparse.Namespace, found: Credentials) -> None:
    for name, value in variables(found).items():
        print(f"{'export ' if args.export else ''}{name}={shlex.quote(value)}")
