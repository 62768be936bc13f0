"""The rows of the command line's contract: what older scripts call, and what they get."""

from __future__ import annotations

import io
import json
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.serving import COMMAND, TOKEN, Cli, Said, serving

FORMS = pytest.mark.parametrize("form", [["api"], []], ids=["api", "seed README"])


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    folder = tmp_path_factory.mktemp("served").resolve()
    with serving(folder) as url:
        yield url, folder


@pytest.fixture
def cli(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, served: tuple[str, Path]) -> Cli:
    cli = Cli(capsys, monkeypatch)
    cli.point_to(served[0])
    return cli


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A session's id, of this test alone."""
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def session(cli: Cli, name: str) -> str:
    assert cli("sessions", "create", name, "--agent", "mock").json["healthy"]
    return name


def types(said: Said) -> list[str]:
    return [each["type"] for each in said.json["events"]]


def asked(cli: Cli, session: str, what: str) -> list[str]:
    """Let the mock ask; the ids of its requests."""
    assert cli("sessions", "send-message-stream", session, "-m", what).status == 0
    detail: dict[str, Any] = cli("sessions", "get", session).json
    return [each.get("permission_id") or each["question_id"] for each in detail["permissions"] + detail["questions"]]


# Globals


@pytest.mark.parametrize(
    "words",
    [
        ["-t", TOKEN, "api", "sessions", "list"],
        ["api", "-t", TOKEN, "sessions", "list"],
        ["api", "sessions", "--token", TOKEN, "list"],
        ["sessions", "list", "--token", TOKEN],
    ],
    ids=" ".join,
)
def test_token_anywhere_on_the_line(cli: Cli, served: tuple[str, Path], words: list[str]) -> None:
    cli.point_to(served[0], token="wrong")
    assert "sessions" in cli(*words).json


@pytest.mark.parametrize(
    "words",
    [["-n", "sessions", "list"], ["api", "sessions", "-n", "list"], ["sessions", "list", "--no-token", "-t", TOKEN]],
    ids=" ".join,
)
def test_no_token_anywhere_on_the_line_sends_no_header(cli: Cli, words: list[str]) -> None:
    said = cli(*words)
    assert said.status == 1
    assert "401" in said.err


def test_version(cli: Cli) -> None:
    said = cli("--version")
    assert said.status == 0
    assert re.fullmatch(r"sandbox-agent \d+\.\d+\.\d+\S*\n", said.out)


def test_help(cli: Cli) -> None:
    said = cli("--help")
    assert said.status == 0
    assert "usage: sandbox-agent" in said.out


def test_parsing_errors_exit_2(cli: Cli) -> None:
    said = cli("sessions", "create")
    assert said.status == 2
    assert "usage:" in said.err
    assert "sessions create --help" in said.err


def test_no_arguments_prints_help_and_exits_2(cli: Cli) -> None:
    said = cli()
    assert said.status == 2
    assert "usage: sandbox-agent" in said.out


def test_a_runtime_failure_is_on_stderr_and_exits_1(cli: Cli) -> None:
    said = cli("sessions", "list", "-e", "http://127.0.0.1:1")
    assert (said.status, said.out) == (1, "")
    assert "daemon start" in said.err


def test_http_errors_body_pretty_printed_then_the_status(cli: Cli) -> None:
    said = cli("sessions", "terminate", "nobody")
    assert said.status == 1
    body, _, last = said.err.rstrip().rpartition("\n")
    assert json.loads(body)["type"] == "urn:sandbox-agent:error:session_not_found"
    assert body.startswith('{\n  "')
    assert "unexpected http status 404" in last


def test_endpoint_trailing_slashes_are_stripped(cli: Cli, served: tuple[str, Path]) -> None:
    assert "sessions" in cli("sessions", "list", "--endpoint", served[0] + "//").json


@pytest.mark.parametrize("odd", ["a/b", "a?b", "a b", "ä#%2F", ".."])
def test_session_ids_are_percent_encoded(cli: Cli, odd: str, name: str) -> None:
    session = odd if odd == ".." else f"{odd}-{name}"
    assert cli("sessions", "create", session, "-a", "mock").json["healthy"]
    assert cli("sessions", "get", session).json["sessionId"] == session


@pytest.mark.parametrize("words", [["sessions", "send-message", "any", "-m"], ["run", "mock"]], ids=" ".join)
def test_a_word_that_is_not_utf8_is_told_and_is_no_traceback(cli: Cli, words: list[str]) -> None:
    said = cli(*words, "gr\udcfcn")
    assert (said.status, "must be UTF-8" in said.err) == (1, True)


# Commands


@FORMS
def test_agents_list(cli: Cli, form: list[str]) -> None:
    said = cli(*form, "agents", "list")
    assert "mock" in [each["id"] for each in said.json["agents"]]
    assert said.out.startswith('{\n  "agents"')


def test_agents_install_stream_prints_each_step_as_it_comes(cli: Cli) -> None:
    done = {"state": "done", "what": "it needs no installation"}
    assert cli("agents", "install-stream", "mock", "--output", "json").json == done
    assert cli("agents", "install-stream", "mock").out.startswith('data: {"state":"done"')
    assert cli("agents", "install-stream", "nobody").status == 1


def test_ready_is_a_status_and_what_is_missing(cli: Cli) -> None:
    assert cli("agents", "ready", "--agents", "mock").json["ready"] is True
    said = cli("agents", "ready", "--agents", "amp")
    assert (said.status, said.out) == (1, "")
    assert "amp is not installed" in said.err
    assert "sandbox-agent install-agent amp" in said.err


@FORMS
@pytest.mark.parametrize("option", [[], ["-r"], ["--reinstall"]], ids=str)
def test_agents_install_prints_nothing(cli: Cli, form: list[str], option: list[str]) -> None:
    assert cli(*form, "agents", "install", "mock", *option) == Said(0, "", "")


@FORMS
def test_agents_modes(cli: Cli, form: list[str]) -> None:
    assert [each["id"] for each in cli(*form, "agents", "modes", "mock").json["modes"]] == ["build", "plan"]


@FORMS
def test_agents_models(cli: Cli, form: list[str]) -> None:
    assert cli(*form, "agents", "models", "mock").json["defaultModel"] == "mock"


@FORMS
def test_sessions_list(cli: Cli, session: str, form: list[str]) -> None:
    assert session in [each["sessionId"] for each in cli(*form, "sessions", "list").json["sessions"]]


@FORMS
def test_sessions_create_with_short_options(cli: Cli, name: str, form: list[str]) -> None:
    options = ["-a", "mock", "-g", "plan", "-p", "bypass", "-m", "mock"]
    assert cli(*form, "sessions", "create", name, *options).json == {
        "healthy": True,
        "nativeSessionId": f"mock-{name}",
    }
    detail = cli("sessions", "get", name).json
    assert (detail["agentMode"], detail["permissionMode"], detail["model"]) == ("plan", "bypass", "mock")


def test_sessions_create_mcp_config(cli: Cli, name: str, tmp_path: Path) -> None:
    (tmp_path / "mcp.json").write_text('{"tools": {"type": "nothing"}}')
    said = cli("sessions", "create", name, "-a", "mock", "--mcp-config", tmp_path / "mcp.json")
    assert said.status == 1
    assert "mcp" in said.err
    assert cli("sessions", "create", name, "-a", "mock", "--mcp-config", tmp_path / "none").status == 2


def test_sessions_create_skill_twice(cli: Cli, name: str) -> None:
    said = cli("sessions", "create", name, "-a", "mock", "--skill", "/no/such/skill", "--skill", '{"type": 1}')
    assert said.status == 1
    assert "skills.sources[1].type" in said.err


def test_sessions_create_directory_and_title(cli: Cli, name: str, tmp_path: Path) -> None:
    assert cli("sessions", "create", name, "-a", "mock", "--directory", tmp_path, "--title", "Two words").json
    detail = cli("sessions", "get", name).json
    assert (detail["directory"], detail["title"]) == (str(tmp_path), "Two words")


@FORMS
def test_send_message_prints_nothing(cli: Cli, session: str, form: list[str]) -> None:
    assert cli(*form, "sessions", "send-message", session, "-m", "hello") == Said(0, "", "")


def test_send_message_with_attachments(cli: Cli, session: str, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    said = cli("sessions", "send-message-stream", session, "-m", "look", "--attach", tmp_path / "notes.txt")
    assert f"- {tmp_path}/notes.txt" in said.out


@FORMS
@pytest.mark.parametrize("raw", [[], ["--include-raw"]], ids=str)
def test_send_message_stream_is_raw_sse_text(cli: Cli, session: str, form: list[str], raw: list[str]) -> None:
    said = cli(*form, "sessions", "send-message-stream", session, "--message", "hello", *raw)
    frames = said.out.removesuffix("\n\n").split("\n\n")
    assert all(re.match(r"id: \d+\ndata: \{", each) for each in frames)
    assert '"type":"turn.started"' in frames[0]
    assert '"type":"turn.ended"' in frames[-1]


@FORMS
def test_terminate_prints_nothing(cli: Cli, session: str, form: list[str]) -> None:
    assert cli(*form, "sessions", "terminate", session) == Said(0, "", "")
    assert cli("sessions", "get", session).json["ended"]


@FORMS
@pytest.mark.parametrize("command", ["events", "get-messages"])
def test_events_and_get_messages(cli: Cli, session: str, form: list[str], command: str) -> None:
    cli("sessions", "send-message-stream", session, "-m", "hello")
    assert types(cli(*form, "sessions", command, session))[0] == "session.started"
    page = cli(*form, "sessions", command, session, "-o", "2", "-l", "3", "--include-raw").json
    assert [each["sequence"] for each in page["events"]] == [3, 4, 5]
    assert page["hasMore"] is True


@FORMS
def test_events_sse_is_raw_sse_text_as_it_comes(
    cli: Cli, session: str, served: tuple[str, Path], form: list[str]
) -> None:
    words = [*form, "sessions", "events-sse", session, "-o", "1", "--include-raw", "-e", served[0], "-t", TOKEN]
    with subprocess.Popen([*COMMAND, *words], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        cli("sessions", "send-message", session, "-m", "hello")
        assert process.stdout.readline() == "id: 2\n"
        assert process.stdout.readline().startswith('data: {"event_id":"evt_2"')
        cli("sessions", "delete", session)
        assert process.stdout.read().endswith("\n\n")
    assert process.returncode == 0


@FORMS
def test_reply_question_takes_an_array_of_arrays(cli: Cli, session: str, form: list[str]) -> None:
    question, _ = asked(cli, session, "question")
    assert cli(*form, "sessions", "reply-question", session, question, "-a", '[["Red"]]') == Said(0, "", "")
    assert f'"{question}"' not in cli("sessions", "get", session).out
    assert cli(*form, "sessions", "reply-question", session, question, "-a", "Red").status == 2


@FORMS
def test_reject_question(cli: Cli, session: str, form: list[str]) -> None:
    question, _ = asked(cli, session, "question")
    assert cli(*form, "sessions", "reject-question", session, question) == Said(0, "", "")


@FORMS
@pytest.mark.parametrize("reply", ["once", "always", "reject", "ONCE", "Always"])
def test_reply_permission_case_insensitive(cli: Cli, session: str, form: list[str], reply: str) -> None:
    permission, _ = asked(cli, session, "permission")
    assert cli(*form, "sessions", "reply-permission", session, permission, "-r", reply) == Said(0, "", "")
    assert cli(*form, "sessions", "reply-permission", session, permission, "-r", "never").status == 2


@FORMS
def test_fs_write_read_stat_entries_move_delete_mkdir(
    cli: Cli, session: str, served: tuple[str, Path], form: list[str], tmp_path: Path
) -> None:
    fs = [*form, "fs"]
    folder = served[1] / session
    assert cli(*fs, "mkdir", folder).json == {"path": str(folder)}
    assert cli(*fs, "write", f"{folder}/a", "--content", "one").json["bytesWritten"] == 3
    (tmp_path / "local").write_text("three")
    assert cli(*fs, "write", f"{folder}/b", "--from-file", tmp_path / "local").json["bytesWritten"] == 5
    assert cli(*fs, "read", f"{folder}/b").out == "three"
    assert cli(*fs, "stat", f"{folder}/a").json["size"] == 3
    assert [each["name"] for each in cli(*fs, "entries", "--path", folder).json] == ["a", "b"]
    assert cli(*fs, "move", f"{folder}/a", f"{folder}/b").status == 1
    assert cli(*fs, "move", f"{folder}/a", f"{folder}/b", "--overwrite").json["to"] == f"{folder}/b"
    assert cli(*fs, "delete", folder).status == 1
    assert cli(*fs, "delete", folder, "--recursive").json == {"path": str(folder)}


@FORMS
def test_fs_session_id(cli: Cli, name: str, form: list[str], tmp_path: Path) -> None:
    cli("sessions", "create", name, "-a", "mock", "--directory", tmp_path)
    assert cli(*form, "fs", "write", "x", "--content", "", "--session-id", name).json["path"] == f"{tmp_path}/x"


@FORMS
def test_fs_upload_batch(cli: Cli, form: list[str], tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "t.tar", "w") as archive:
        archive.addfile(tarfile.TarInfo("empty"))
    said = cli(*form, "fs", "upload-batch", "--tar", tmp_path / "t.tar", "--path", tmp_path / "out")
    assert said.json == {"paths": [f"{tmp_path}/out/empty"], "truncated": False}


def test_install_agent(cli: Cli) -> None:
    assert cli("install-agent", "mock").status == 0
    assert cli("install-agent", "nobody").status == 1


# What was missing: the additive calls


def test_interrupt_queue_and_withdraw(cli: Cli, session: str) -> None:
    asked(cli, session, "permission")
    for words in ("one", "two", "three"):
        assert cli("sessions", "send-message", session, "-m", words, "--delivery", "queue").json["delivery"] == "queued"
    queued = cli("sessions", "queue", session).json["messages"]
    assert [each["message"] for each in queued] == ["one", "two", "three"]
    assert cli("sessions", "withdraw-message", session, queued[0]["messageId"]) == Said(0, "", "")
    assert len(cli("sessions", "queue", session).json["messages"]) == 2
    assert cli("sessions", "clear-queue", session) == Said(0, "", "")
    assert cli("sessions", "interrupt", session, "--clear-queue") == Said(0, "", "")
    events = cli("sessions", "events", session).json["events"]
    assert [each["data"]["reason"] for each in events if each["type"] == "turn.ended"] == ["interrupted"]


def test_delete(cli: Cli, session: str) -> None:
    assert cli("sessions", "delete", session) == Said(0, "", "")
    assert cli("sessions", "get", session).status == 1


# Output


def test_output_json_is_one_line_and_pretty_is_indented(cli: Cli) -> None:
    assert cli("agents", "modes", "mock", "--output", "json").out.count("\n") == 1
    assert cli("agents", "modes", "mock", "--output", "pretty").out == cli("agents", "modes", "mock").out


def test_output_json_of_a_stream_is_an_event_a_line(cli: Cli, session: str) -> None:
    said = cli("sessions", "send-message-stream", session, "-m", "hello", "--output", "json")
    assert [json.loads(line)["type"] for line in said.out.splitlines()][-1] == "turn.ended"


def test_output_pretty_of_a_stream_reads_like_run(cli: Cli, session: str) -> None:
    said = cli("sessions", "send-message-stream", session, "-m", "echo how nice", "--output", "pretty")
    assert "how nice" in said.out
    assert said.out.rstrip().endswith("completed")


def test_a_message_may_come_from_standard_input(cli: Cli, session: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("echo from a pipe"))
    said = cli("sessions", "send-message-stream", session, "-m", "-", "--output", "pretty")
    assert "from a pipe" in said.out


# The token


def test_the_token_may_come_from_a_file(cli: Cli, served: tuple[str, Path], tmp_path: Path) -> None:
    cli.point_to(served[0], token="wrong")
    (tmp_path / "token").write_text(TOKEN + "\n")
    assert "sessions" in cli("sessions", "list", "--token-file", tmp_path / "token").json
    assert "sessions" in cli("--token-file", tmp_path / "token", "sessions", "list").json


@pytest.mark.parametrize(
    ("content", "said"), [("", "the token is empty"), ("a\nb", "cannot carry"), (None, "cannot be read")]
)
def test_a_token_that_cannot_be_is_told_and_not_shown(cli: Cli, tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "token").write_text(content)
    done = cli("sessions", "list", "--token-file", tmp_path / "token")
    assert done.status == 1
    assert said in done.err
    assert "wrong" not in cli("sessions", "list", "-t", "wrong").err
