"""Commands are what the table of endpoints says, spelled for a command line."""

from __future__ import annotations

import argparse
import importlib
import shlex
from pathlib import Path
from typing import Any

import pytest

from sandbox_agent.cli import agents, fs, main, sessions, whole_parser
from sandbox_agent.cli.command import Command
from sandbox_agent.cli.derive import Request, request_of
from sandbox_agent.cli.parser import Parser
from sandbox_agent.cli.tree import nodes
from sandbox_agent.server.endpoints import ENDPOINTS

COMMANDS = (*agents.COMMANDS, *sessions.COMMANDS, *fs.COMMANDS)
WITHOUT_COMMAND = {"health", "metrics", "docs", "openapi"}
"""`daemon status` asks for the first; the others are for programs and browsers."""


def parsed(*words: str) -> tuple[Command, argparse.Namespace]:
    parser = Parser()
    importlib.import_module(f"sandbox_agent.cli.{words[0]}").add_parser(parser.add_subparsers())
    args = parser.parse_args(words)
    return args.call, args


def request(*words: str) -> Request:
    return request_of(*parsed(*words))


def test_every_endpoint_has_a_command() -> None:
    missing = {each.name for each in ENDPOINTS} - {each.endpoint for each in COMMANDS} - WITHOUT_COMMAND
    assert missing == set(), "a new endpoint wants a row in cli/agents.py, cli/sessions.py or cli/fs.py"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda each: each.example)
def test_every_example_is_a_command_line_that_works(command: Command) -> None:
    words = shlex.split(command.example.partition(" > ")[0])
    found, args = parsed(*words)
    assert found is command
    assert request_of(found, args).path.startswith("/v1/")


def test_every_command_says_what_it_is_for_and_has_an_example() -> None:
    for node in nodes(whole_parser()):
        assert node.purpose or not node.path, node
        assert node.commands or "sandbox-agent" in node.epilog, node
        silent = [each.names for each in (*node.positionals, *node.options) if not each.help]
        assert silent == [], node.place


@pytest.mark.parametrize(
    ("words", "path", "query", "body"),
    [
        ("sessions list", "sessions", {}, None),
        ("sessions events a/b -o 3", "sessions/a%2Fb/events", {"offset": 3}, None),
        ("sessions events-sse .. --include-raw", "sessions/%2E%2E/events/sse", {"includeRaw": "true"}, None),
        ("sessions interrupt s", "sessions/s/interrupt", {}, {}),
        ("sessions interrupt s --clear-queue", "sessions/s/interrupt", {}, {"clearQueue": True}),
        (
            "sessions create s -a x --skill /k",
            "sessions/s",
            {},
            {"agent": "x", "skills": {"sources": [{"type": "local", "source": "/k"}]}},
        ),
        (
            "sessions send-message s -m hi --attach /f --delivery steer",
            "sessions/s/messages",
            {},
            {"message": "hi", "attachments": [{"path": "/f"}], "delivery": "steer"},
        ),
        ("sessions reply-permission s p -r Always", "sessions/s/permissions/p/reply", {}, {"reply": "always"}),
        ("fs move a b --session-id s", "fs/move", {"sessionId": "s"}, {"from": "a", "to": "b"}),
        ("fs delete a --recursive", "fs/entry", {"path": "a", "recursive": "true"}, None),
    ],
)
def test_arguments_become_a_request(words: str, path: str, query: dict[str, Any], body: Any) -> None:
    made = request(*words.split())
    assert (made.path.removeprefix("/v1/"), made.query, made.body) == (path, query, body)


def test_json_comes_from_a_file_too(tmp_path: Path) -> None:
    (tmp_path / "answers").write_text('[["yes"]]')
    made = request("sessions", "reply-question", "s", "q", "-a", f"@{tmp_path}/answers")
    assert made.body == {"answers": [["yes"]]}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["sessions", "events", "s", "-o", "x"], "invalid int value"),
        (["sessions", "create", "s"], "-a/--agent"),
        (["sessions", "reply-question", "s", "q", "-a", "@/no/such"], "cannot be read"),
        (["sessions", "reply-permission", "s", "p", "-r", "maybe"], "invalid choice"),
        (["sessions", "create", "s", "-a", "mock", "--dir", "/"], "unrecognized arguments: --dir"),
    ],
)
def test_what_cannot_be_meant_is_told(capsys: pytest.CaptureFixture[str], words: list[str], said: str) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
