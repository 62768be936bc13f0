"""The OpenCode-compatible mount under OpenCode's own SDK, both of its versions."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.cli.serving import TOKEN, serving

from sandbox_agent.server.opencode.shapes import VERSION

from .nodejs import ROOT
from .opencode_sdk import drive


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the daemon works."""
    folder = tmp_path_factory.mktemp("daemon")
    (folder / "a.txt").write_text("hello\n")
    return folder


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    """A daemon with a token, and agents that are found nowhere but here."""
    with contextlib.ExitStack() as stack:
        yield stack.enter_context(serving(folder, "--mock-pace", "0.001"))


@pytest.fixture(params=["", "/opencode"], ids=["root", "prefix"])
def run(url: str, folder: Path, request: pytest.FixtureRequest) -> Any:
    """Run a scenario at one of the mounts."""
    mount: str = request.param
    return lambda name, *more: drive(name, url + mount, *more, TOKEN=TOKEN, DIRECTORY=str(folder))


def test_it_looks_around(run: Any, folder: Path) -> None:
    found = run("look")
    assert "mock" in found["providers"]
    assert found["agents"][:2] == ["build", "plan"]
    assert (found["path"], found["project"], found["config"]) == (str(folder), "global", "mock/mock")
    assert (found["read"], found["found"], found["text"]) == ("hello\n", ["a.txt"], ["a.txt"])
    assert "a.txt" in found["files"]
    assert (found["mcp"], found["commands"]) == ({}, [])


def test_it_prompts_and_reads_the_answer(run: Any) -> None:
    found = run("prompt")
    assert (found["title"], found["answer"]) == ("Mine", "hello")
    assert "Mine" in found["titles"]
    assert (found["todo"], found["children"], found["deleted"], found["status"]) == ([], [], True, 404)


def test_it_follows_the_events(run: Any) -> None:
    found = run("stream")
    assert found["same"]
    assert found["types"][0] == "message.updated"
    assert {"message.part.updated", "message.part.delta", "session.status", "session.idle"} <= set(found["types"])


@pytest.mark.parametrize("reply", ["once", "always", "reject"])
def test_it_answers_a_permission(run: Any, reply: str) -> None:
    assert run("permission", reply)["replied"] == reply


def test_it_answers_questions(run: Any) -> None:
    found = run("question")
    assert (found["asked"], found["answers"]) == (2, [["Blue"], ["Pear", "Plum"]])


def test_it_aborts(run: Any) -> None:
    assert run("abort")["error"] == "MessageAbortedError"


def test_it_makes_an_error_of_a_problem(run: Any) -> None:
    assert "ses_none" in run("fail")["message"]


def test_without_the_token_it_is_told_so(url: str) -> None:
    with pytest.raises(AssertionError, match="token"):
        drive("look", url)


def test_the_versions_of_the_sdk_and_of_the_shapes_are_the_same() -> None:
    assert f'"{VERSION}"' in (ROOT / "tests" / "sdks" / "opencode" / "package.json").read_text()
