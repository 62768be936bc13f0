"""`sandbox-agent model`: run the scripted model until interrupted."""

from __future__ import annotations

import signal
import sys
import threading
from typing import TYPE_CHECKING

from sandbox_agent.testing import ScriptedModel, ScriptError, bundled_scripts, load_script

if TYPE_CHECKING:
    import argparse
    from types import FrameType

__all__ = ["add_parser", "run"]

FAILED = 1


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "model",
        help="a scripted stand-in of a model provider, to run agents offline",
        epilog="example: sandbox-agent model --script demo",
        description="Serve a script as a model provider's API on loopback, without a key or a network.",
    )
    names = ", ".join(bundled_scripts())
    parser.add_argument("--script", default="demo", help=f"TOML or JSON file, or one of: {names} (default: demo)")
    parser.add_argument("--port", type=int, default=0, help="port on 127.0.0.1 (default: a free one)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT or SIGTERM; 0 after that, 1 if the script or the port is no good."""
    try:
        model = ScriptedModel(load_script(args.script), port=args.port).start()
    except (ScriptError, OSError, OverflowError) as problem:
        print(f"sandbox-agent model: {problem}", file=sys.stderr)
        return FAILED
    ended = threading.Event()

    def end(_signal: int, _frame: FrameType | None) -> None:
        ended.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    print(f"Scripted model on {model.url}, playing {args.script}. For the agent's environment:")
    for name, value in model.env.items():
        print(f"export {name}={value}")
    sys.stdout.flush()
    ended.wait()
    model.close()
    return 0
