"""`sandbox-agent completion SHELL`: a script with which the Tab key completes our commands.

Everything is in the script, so pressing Tab starts no program of ours.
"""

from __future__ import annotations

import argparse
import importlib

from sandbox_agent.cli.parser import Subparsers

__all__ = ["SHELLS", "add_parser"]

SHELLS = ("bash", "zsh", "fish")
"""Each is a module of this package."""
_HOW = """to use it at once, and in every new shell:
  bash: eval "$(sandbox-agent completion bash)"   in ~/.bashrc
  zsh:  eval "$(sandbox-agent completion zsh)"    in ~/.zshrc, below compinit
  fish: sandbox-agent completion fish > ~/.config/fish/completions/sandbox-agent.fish"""


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    purpose = "a script for the Tab key of your shell"
    parser = subparsers.add_parser("completion", help=purpose, description="Print " + purpose + ".", epilog=_HOW)
    parser.add_argument("shell", choices=SHELLS, help="your shell")
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    from sandbox_agent.agents import AGENTS  # noqa: PLC0415 - a help text needs none of it
    from sandbox_agent.cli import whole_parser  # noqa: PLC0415
    from sandbox_agent.cli.tree import nodes  # noqa: PLC0415

    shell = importlib.import_module(f"{__name__}.{args.shell}")
    print(shell.script(list(nodes(whole_parser())), tuple(AGENTS)), end="")
    return 0
