"""`sandbox-agent run`: one turn of an agent in this terminal, with a daemon of its own."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sandbox_agent.cli.interrupts import Abandoned, Interrupts
from sandbox_agent.cli.outputs import JsonLines, Output, Terminal
from sandbox_agent.client.sync import SandboxAgent
from sandbox_agent.client.sync_session import Session
from sandbox_agent.schema.commands import Attachment, PermissionReply
from sandbox_agent.schema.errors import AlreadyResolved, ApiError, SandboxAgentError
from sandbox_agent.schema.events import ErrorReported, PermissionRequested, QuestionRequested, TurnEnded

if TYPE_CHECKING:
    import argparse

__all__ = ["add_parser", "run"]

COMPLETED, FAILED, USAGE, REFUSED, INTERRUPTED = 0, 1, 2, 3, 130
_EPILOG = (
    'example: sandbox-agent run mock "hello"\n\n'
    "Exit status: 0 the turn completed; 1 it failed; 3 it completed but something was refused because nobody could be "
    "asked; 130 it was interrupted. Ctrl-C interrupts the turn, a second one ends at once."
)


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to the parser of `sandbox-agent`."""
    parser = subparsers.add_parser(
        "run",
        help="run one turn of an agent in this terminal",
        description="Run one turn of an agent, with a daemon of its own that ends with it.",
        epilog=_EPILOG,
    )
    add = parser.add_argument
    add("agent", help="claude, mock, ...")
    add("prompt", nargs="?", help="what to do; - or nothing reads standard input")
    add("--model", help="model of the agent")
    add("--variant", help="effort level of the model")
    add("--permission-mode", help="default, plan, acceptEdits or bypass")
    add("--agent-mode", help="for instance build or plan")
    add("--agent-version", help="version of the agent's CLI")
    add("--directory", type=Path, help="the agent's working directory (default: this one)")
    add("--resume", metavar="ID", help="go on with the agent's own session of this id")
    add("--attach", metavar="FILE", action="append", default=[], type=Path, help="send a file along (repeatable)")
    add("--json", action="store_true", help="print the events as JSON lines")
    add("--yes", "--allow", action="store_true", help="allow, once, whatever the agent asks to do")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the turn; the exit status is described in the help."""
    piped = args.prompt in {None, "-"}
    if piped and sys.stdin.isatty():
        return _fail("no prompt: give it as an argument or on standard input", USAGE)
    prompt = sys.stdin.read() if piped else args.prompt
    missing = [str(path) for path in args.attach if not path.is_file()]
    if missing:
        return _fail(f"no such file: {', '.join(missing)}", USAGE)
    try:
        return _run(args, prompt)
    except SandboxAgentError as error:
        hint = error.hint if isinstance(error, ApiError) else None
        return _fail(f"{error}" + (f" ({hint})" if hint else ""), FAILED)


def _run(args: argparse.Namespace, prompt: str) -> int:
    output: Output = JsonLines() if args.json else Terminal()
    directory = (args.directory or Path.cwd()).absolute()
    with SandboxAgent.start(cwd=Path.cwd()) as client:
        with output.busy(f"starting {args.agent}"):
            session = client.create_session(
                "run",
                args.agent,
                agent_mode=args.agent_mode,
                permission_mode=args.permission_mode,
                model=args.model,
                variant=args.variant,
                agent_version=args.agent_version,
                directory=directory,
                resume=args.resume,
            )
        status = _turn(session, output, args, prompt)
        native = session.info().native_session_id
    if native and not args.json:
        print(f"to go on: --resume {native}", file=sys.stderr)
    return status


def _turn(session: Session, output: Output, args: argparse.Namespace, prompt: str) -> int:
    with Interrupts(session) as interrupts:

        def on_permission(request: PermissionRequested) -> PermissionReply | None:
            if args.yes:
                return "once"
            try:
                with interrupts.asking(request.permission_id):
                    reply, word = output.permission(request)
            except Abandoned:
                output.abandon()
                return None
            if word is None:
                return reply
            with suppress(AlreadyResolved):
                session.answer_permission(request.permission_id, reply, message=word)
            return None

        def on_question(request: QuestionRequested) -> list[list[str]] | Literal[False] | None:
            try:
                with interrupts.asking(request.question_id):
                    return output.question(request) or False
            except Abandoned:
                output.abandon()
                return None

        attachments = [Attachment(path=str(path.absolute())) for path in args.attach]
        turn = session.send(prompt, attachments=attachments, on_permission=on_permission, on_question=on_question)
        status = FAILED
        hint = None
        for event in turn:
            output.show(event)
            if isinstance(event.data, ErrorReported):
                hint = event.data.hint or hint
            if isinstance(event.data, TurnEnded):
                status = _status(event.data, refused=output.refused)
    if hint:
        print(f"hint: {hint}", file=sys.stderr)
    return status


def _status(ended: TurnEnded, *, refused: bool) -> int:
    if ended.reason == "interrupted":
        return INTERRUPTED
    if ended.reason != "completed":
        return FAILED
    return REFUSED if refused else COMPLETED


def _fail(problem: str, status: int) -> int:
    print(f"sandbox-agent run: {problem}", file=sys.stderr)
    return status
