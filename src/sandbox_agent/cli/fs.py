"""`sandbox-agent fs ...`: files on the server's machine. Contents are streamed both ways."""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Generator, Iterator
from typing import BinaryIO

from sandbox_agent.cli.command import Command, Content, Option, Upload
from sandbox_agent.cli.derive import add_group
from sandbox_agent.cli.parser import Subparsers

__all__ = ["COMMANDS", "add_parser"]

_PIECE = 256 * 1024
_SESSION = {"session_id": Option(metavar="ID", help="relative paths begin in this session's folder")}
_PATH = {**_SESSION, "path": Option(names=("path",), help="absolute, or relative to the home folder or the file root")}
_FOLDER = {**_SESSION, "path": Option(names=("--path",), metavar="DIR", help="the folder (default: .)")}


def _add_content(parser: argparse.ArgumentParser) -> None:
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--content", metavar="TEXT", help="what to write")
    source.add_argument("--from-file", metavar="FILE", help="a file of this machine; - for standard input")


def _add_tar(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tar", required=True, metavar="FILE", help="plain or gzip; - for standard input")


@contextlib.contextmanager
def _content(args: argparse.Namespace) -> Generator[Content]:
    if args.content is not None:
        yield args.content.encode()
        return
    with _opened(args.from_file) as file:
        yield _pieces(file)


@contextlib.contextmanager
def _tar(args: argparse.Namespace) -> Generator[Content]:
    with _opened(args.tar) as file:
        yield _pieces(file)


def _opened(name: str) -> contextlib.AbstractContextManager[BinaryIO]:
    return contextlib.nullcontext(sys.stdin.buffer) if name == "-" else open(name, "rb")  # noqa: PTH123


def _pieces(file: BinaryIO) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece


COMMANDS = (
    Command(name="entries", endpoint="fs_entries", example="fs entries --path src", options=_FOLDER),
    Command(name="read", endpoint="fs_read", example="fs read notes.md > notes.md", options=_PATH),
    Command(
        name="write",
        endpoint="fs_write",
        purpose="Write a file of any size; it appears whole or not at all",
        example="fs write notes.md --from-file notes.md",
        options=_PATH,
        upload=Upload(add=_add_content, open=_content),
    ),
    Command(name="delete", endpoint="fs_delete", example="fs delete build --recursive", options=_PATH),
    Command(name="mkdir", endpoint="fs_mkdir", example="fs mkdir src/app", options=_PATH),
    Command(
        name="move",
        endpoint="fs_move",
        example="fs move draft.md final.md --overwrite",
        options={
            **_SESSION,
            "source": Option(names=("from",), help="what to move"),
            "target": Option(names=("to",), help="where it is afterwards"),
            "overwrite": Option(help="replace what is there"),
        },
    ),
    Command(name="stat", endpoint="fs_stat", example="fs stat notes.md", options=_PATH),
    Command(
        name="upload-batch",
        endpoint="fs_upload_batch",
        example="fs upload-batch --tar src.tar.gz --path src",
        options=_FOLDER,
        upload=Upload(add=_add_tar, open=_tar, content_type="application/x-tar"),
    ),
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to its parser."""
    add_group(subparsers, "fs", "files on the server's machine", COMMANDS)
