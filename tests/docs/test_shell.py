"""Blocks for a shell: those that can, run; of all the commands and options are looked up."""

from __future__ import annotations

import argparse
import contextlib
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.serving import TOKEN, clean_environ, serving

from sandbox_agent.cli import whole_parser
from sandbox_agent.server.endpoints import ENDPOINTS

from .blocks import ROOT, Block, blocks

TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
GENERATED = "docs/reference/"
RUNNING = sorted({block.page for block in blocks("sh") if block.runs and not block.page.startswith(GENERATED)})


def commands(code: str) -> Iterator[list[str]]:
    """Each simple command, without what is set before it."""
    joined = re.sub(r"\s[<>]+ *\S+", "", code.replace("\\\n", " "))  # without where it reads from and writes to
    for line in joined.splitlines():
        lexer = shlex.shlex(line, posix=True, punctuation_chars="|&;()<>")
        lexer.whitespace_split = True
        command: list[str] = []
        for word in [*lexer, ";"]:
            if re.fullmatch(r"[|&;()]+", word):
                if command:
                    yield command
                command = []
            elif command or "=" not in word.partition(" ")[0]:
                command.append(word)


def is_known_path(path: str) -> bool:
    return any(re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", each.path), path) for each in ENDPOINTS)


@pytest.mark.parametrize("block", blocks("sh"), ids=str)
def test_its_syntax_its_commands_and_its_addresses_are_right(block: Block) -> None:
    subprocess.run(["sh", "-n"], input=block.code, text=True, check=True, timeout=30)
    for command in commands(block.code):
        match Path(command[0]).name:
            case "sandbox-agent":
                assert_it_parses(command[1:])
            case "make":
                assert {word for word in command[1:] if "=" not in word} <= TARGETS
            case "curl":
                for word in command[1:]:
                    if found := re.search(r"(?:127\.0\.0\.1|localhost):2468(/v1/[^?#\s]*)", word):
                        assert is_known_path(found[1]), word
            case _:
                pass


def assert_it_parses(arguments: list[str]) -> None:
    try:
        whole_parser().parse_args(arguments)
    except (SystemExit, argparse.ArgumentError) as error:
        pytest.fail(f"sandbox-agent {shlex.join(arguments)}: {error!r}")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A home folder with what the pages take for granted."""
    (tmp_path / "notes.md").write_text("# Notes\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "main.py").write_text("print()\n")
    return tmp_path


@pytest.mark.parametrize("page", RUNNING)
def test_what_a_page_says_to_type_works_in_its_order(page: str, folder: Path) -> None:
    code = "\n".join(block.code for block in blocks("sh") if block.page == page and block.runs)
    with server_for(code, folder) as url:
        code = re.sub(r"(http://)?(127\.0\.0\.1|localhost):2468", url, code)
        code = re.sub(r"\bcurl ", f"curl -sS --fail -H 'authorization: Bearer {TOKEN}' ", code)
        code = re.sub(r"(sandbox-agent daemon \w+)", rf"\1 --port {url.rpartition(':')[2]}", code)
        status, said = run(code.replace(".venv/bin/", ""), folder, SANDBOX_AGENT_ENDPOINT=url)
    assert status == 0, said
    assert said.strip()


@contextlib.contextmanager
def server_for(code: str, folder: Path) -> Iterator[str]:
    """A server, or a free port where the page itself starts one."""
    if "daemon start" not in code:
        with serving(folder) as url:
            yield url
        return
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        run(f"sandbox-agent daemon stop --port {port}", folder)


def run(code: str, folder: Path, **variables: str) -> tuple[int, str]:
    """In a group of its own, which is gone afterwards whatever the code has left behind."""
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    environ = clean_environ(folder, LANG="C.UTF-8", SANDBOX_AGENT_TOKEN=TOKEN, **variables) | {"PATH": path}
    with (folder / "said").open("w+") as said:
        process = subprocess.Popen(
            ["sh", "-ec", code],
            cwd=folder,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            status = -1
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        said.seek(0)
        return status, said.read()
