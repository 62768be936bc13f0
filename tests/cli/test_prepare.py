"""`prepare` with stand-ins; tests/live/every has it with the real agents."""

from __future__ import annotations

import json
import signal
import subprocess
from pathlib import Path

import psutil
import pytest

from sandbox_agent.cli import main

from .serving import COMMAND, PATIENCE, clean_environ

KEYS = {"ANTHROPIC_API_KEY": "sk-real", "OPENAI_API_KEY": "sk-real", "SANDBOX_AGENT_TOKEN": "sk-real"}


def stand_in(folder: Path, body: str) -> dict[str, str]:
    """The environment in which this is Claude Code."""
    path = folder / "claude"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(0o755)
    temporary = folder / "tmp"
    temporary.mkdir()
    return clean_environ(folder, SANDBOX_AGENT_CLAUDE_BIN=str(path), TMPDIR=str(temporary), **KEYS)


def prepare(environ: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [*COMMAND, "prepare", *arguments]
    return subprocess.run(argv, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False)


def test_an_agent_that_answers_is_ready(tmp_path: Path) -> None:
    done = prepare(clean_environ(tmp_path), "mock")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["mock", "ready", "-", "was", "there", "turn", "0.0", "s"]
    told = json.loads(prepare(clean_environ(tmp_path), "mock", "mock", "--json").stdout)
    assert told["ready"] is True
    assert [(each["agent"], each["problem"]) for each in told["agents"]] == [("mock", None)]


def test_an_agent_that_does_not_work_is_said_and_the_others_are_prepared(tmp_path: Path) -> None:
    environ = stand_in(tmp_path, f"env >{tmp_path}/seen; echo 'out of order' >&2; exit 3")
    done = prepare(environ, "claude", "mock")
    assert done.returncode == 1
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [["claude", "FAILED"], ["mock", "ready"]]
    assert "out of order" in done.stderr
    seen = (tmp_path / "seen").read_text()
    assert "sk-real" not in seen, "an agent that is only tried gets no key"
    assert f"HOME={tmp_path}\n" not in seen, "nor a home that it could leave something in"
    assert list((tmp_path / "tmp").iterdir()) == []


def test_an_executable_that_is_named_and_not_there_is_said(tmp_path: Path) -> None:
    done = prepare(clean_environ(tmp_path, SANDBOX_AGENT_CLAUDE_BIN="/none"), "claude", "--json")
    assert done.returncode == 1
    assert "/none" in json.loads(done.stdout)["agents"][0]["hint"]


def test_a_name_that_is_no_agents_is_a_mistake(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        main(["prepare", "nobody"])
    assert "there is no agent 'nobody'" in capsys.readouterr().err


def test_stopped_in_the_middle_it_leaves_nothing_behind(tmp_path: Path) -> None:
    environ = stand_in(tmp_path, f"echo >{tmp_path}/begun; exec sleep 300")
    (tmp_path / "begun").touch()
    with subprocess.Popen([*COMMAND, "prepare", "claude"], env=environ, stdout=subprocess.DEVNULL) as process:
        with subprocess.Popen(["tail", "-f", tmp_path / "begun"], stdout=subprocess.PIPE) as watch:
            assert watch.stdout is not None
            watch.stdout.readline()
            watch.terminate()
        below = psutil.Process(process.pid).children(recursive=True)
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE) == 128 + signal.SIGTERM
    _, alive = psutil.wait_procs(below, PATIENCE)
    assert below
    assert alive == []
    assert list((tmp_path / "tmp").iterdir()) == []
