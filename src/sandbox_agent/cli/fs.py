"""`sandbox-agent fs ...`: files on the server's machine. Contents are streamed both ways."""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO

import httpx

from sandbox_agent.cli.connection import Failed, add_connection, connect, print_json, report, tell

__all__ = ["add_parser", "run"]

_PIECE = 256 * 1024
_BROKEN_PIPE = 141


def add_parser(
    subparsers: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
) -> None:
    """Add the command to its parser."""
    parser = subparsers.add_parser("fs", help="files on the server's machine", description="Files, over the server.")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    _action(actions, _entries, "list a folder", "fs entries --path src").add_argument("--path", help="default: .")
    _action(actions, _read, "write a file to standard output", "fs read notes.md > notes.md").add_argument("path")
    _add_write(actions)
    delete = _action(actions, _delete, "delete a file or a folder", "fs delete build --recursive")
    delete.add_argument("path")
    delete.add_argument("--recursive", action="store_true", help="a folder with everything in it")
    _action(actions, _mkdir, "make a folder and those above it", "fs mkdir src/app").add_argument("path")
    move = _action(actions, _move, "move a file or a folder", "fs move draft.md final.md --overwrite")
    move.add_argument("source", metavar="from")
    move.add_argument("target", metavar="to")
    move.add_argument("--overwrite", action="store_true", help="replace what is there")
    _action(actions, _stat, "what a path is", "fs stat notes.md").add_argument("path")
    upload = _action(actions, _upload_batch, "unpack a tar file into a folder", "fs upload-batch --tar src.tar.gz")
    upload.add_argument("--tar", required=True, metavar="FILE", help="plain or gzip; - for standard input")
    upload.add_argument("--path", help="the folder (default: .)")
    parser.set_defaults(run=run)


def _add_write(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:  # pyright: ignore[reportPrivateUsage]
    write = _action(actions, _write, "write a file", "fs write notes.md --from-file notes.md")
    write.add_argument("path")
    source = write.add_mutually_exclusive_group(required=True)
    source.add_argument("--content", metavar="TEXT", help="what to write")
    source.add_argument("--from-file", metavar="FILE", help="a file of this machine; - for standard input")


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser],  # pyright: ignore[reportPrivateUsage]
    work: Callable[[httpx.Client, argparse.Namespace], None],
    purpose: str,
    example: str,
) -> argparse.ArgumentParser:
    name = work.__name__.strip("_").replace("_", "-")
    parser = actions.add_parser(name, help=purpose, epilog=f"example: sandbox-agent {example}")
    add_connection(parser)
    parser.add_argument("--session-id", metavar="ID", help="relative paths begin in this session's folder")
    parser.set_defaults(work=work)
    return parser


def run(args: argparse.Namespace) -> int:
    """Do it; 0 when the server did, 1 with its answer on stderr when not."""
    try:
        with connect(args) as client:
            args.work(client, args)
    except BrokenPipeError:
        # Whoever read our output has enough. Python would complain when it flushes at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return _BROKEN_PIPE
    except (Failed, OSError, httpx.HTTPError, httpx.InvalidURL) as problem:
        return tell(str(problem) or type(problem).__name__)
    return 0


def _query(args: argparse.Namespace, **more: Any) -> dict[str, Any]:
    named = {"path": getattr(args, "path", None), "sessionId": args.session_id, **more}
    return {name: value for name, value in named.items() if value is not None}


def _entries(client: httpx.Client, args: argparse.Namespace) -> None:
    print_json(client.get("/v1/fs/entries", params=_query(args)))


def _read(client: httpx.Client, args: argparse.Namespace) -> None:
    with client.stream("GET", "/v1/fs/file", params=_query(args)) as response:
        for piece in report(response).iter_raw(_PIECE):
            sys.stdout.buffer.write(piece)
    sys.stdout.buffer.flush()


def _write(client: httpx.Client, args: argparse.Namespace) -> None:
    with contextlib.ExitStack() as stack:
        if args.content is not None:
            body: bytes | Iterator[bytes] = args.content.encode()
        else:
            body = _pieces(stack.enter_context(_opened(args.from_file)))
        print_json(client.put("/v1/fs/file", params=_query(args), content=body))


def _delete(client: httpx.Client, args: argparse.Namespace) -> None:
    recursive = "true" if args.recursive else None
    print_json(client.delete("/v1/fs/entry", params=_query(args, recursive=recursive)))


def _mkdir(client: httpx.Client, args: argparse.Namespace) -> None:
    print_json(client.post("/v1/fs/mkdir", params=_query(args)))


def _move(client: httpx.Client, args: argparse.Namespace) -> None:
    body = {"from": args.source, "to": args.target, "overwrite": args.overwrite}
    print_json(client.post("/v1/fs/move", params=_query(args), json=body))


def _stat(client: httpx.Client, args: argparse.Namespace) -> None:
    print_json(client.get("/v1/fs/stat", params=_query(args)))


def _upload_batch(client: httpx.Client, args: argparse.Namespace) -> None:
    headers = {"content-type": "application/x-tar"}
    with _opened(args.tar) as file:
        print_json(client.post("/v1/fs/upload-batch", params=_query(args), content=_pieces(file), headers=headers))


def _opened(name: str) -> contextlib.AbstractContextManager[BinaryIO]:
    return contextlib.nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb")  # noqa: PTH123


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
