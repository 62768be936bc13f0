from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from sandbox_agent.schema import grammar
from sandbox_agent.schema.events import decode_event

from .terminal import Terminal


def run(*arguments: str, home: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """Run without a terminal."""
    return subprocess.run(
        [sys.executable, "-m", "sandbox_agent", "run", *arguments],
        input=stdin,
        env={**os.environ, "HOME": str(home)},
        timeout=60,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_turn_is_shown_and_its_end_is_the_exit_status(tmp_path: Path) -> None:
    done = run("mock", "echo hello there", home=tmp_path)
    assert "hello there" in done.stdout
    assert "completed" in done.stdout
    assert "\x1b" not in done.stdout
    assert "--resume mock-run" in done.stderr
    assert done.returncode == 0


def test_tools_diffs_todos_and_usage_are_shown(tmp_path: Path) -> None:
    assert "+    name = name.strip()" in run("mock", "diff", home=tmp_path).stdout
    assert "☑ Run the tests" in run("mock", "todo", home=tmp_path).stdout
    assert "2,056 tokens in · 34 out · $0.0123" in run("mock", "usage", home=tmp_path).stdout


def test_an_agent_that_exits_is_a_failure(tmp_path: Path) -> None:
    done = run("mock", "crash", home=tmp_path)
    assert "agent exited (exit code 3)" in done.stdout
    assert done.returncode == 1


def test_the_prompt_can_come_from_standard_input(tmp_path: Path) -> None:
    assert "from a pipe" in run("mock", "-", home=tmp_path, stdin="echo from a pipe").stdout
    assert "from a pipe" in run("mock", home=tmp_path, stdin="echo from a pipe").stdout


def test_json_lines_are_the_events_of_the_turn(tmp_path: Path) -> None:
    done = run("mock", "hello", "--json", home=tmp_path)
    events = [decode_event(line) for line in done.stdout.splitlines()]
    assert [event.type for event in events][:: len(events) - 1] == ["turn.started", "turn.ended"]
    started = {**json.loads(done.stdout.splitlines()[0]), "type": "session.started", "sequence": 1, "data": {}}
    grammar.check([decode_event(json.dumps(started)), *events])
    assert done.stderr == ""


@pytest.mark.parametrize("form", [[], ["--json"]])
def test_without_a_terminal_permissions_are_rejected_and_the_status_says_so(tmp_path: Path, form: list[str]) -> None:
    done = run("mock", "permission", *form, home=tmp_path)
    assert "command_execution (echo mock) was rejected; --yes allows it" in done.stderr
    assert "rejected" in done.stdout
    assert done.returncode == 3


def test_yes_allows_what_is_asked(tmp_path: Path) -> None:
    done = run("mock", "permission", "--yes", home=tmp_path)
    assert "accepted once" in done.stdout
    assert done.returncode == 0


def test_questions_without_a_terminal_are_refused(tmp_path: Path) -> None:
    done = run("mock", "multi", home=tmp_path)
    assert "'Choose a color' was not answered" in done.stderr
    assert done.returncode == 3


def test_files_are_attached(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("notes")
    done = run("mock", "echo look", "--attach", str(tmp_path / "notes.txt"), home=tmp_path)
    assert done.returncode == 0
    assert run("mock", "hello", "--attach", "not/there", home=tmp_path).returncode == 2


def test_what_cannot_be_is_an_error_in_one_line(tmp_path: Path) -> None:
    done = run("nobody", "hello", home=tmp_path)
    assert done.stderr.startswith("sandbox-agent run: unsupported agent: nobody")
    assert len(done.stderr.splitlines()) == 1
    assert done.returncode == 1
    wrong = run("mock", "hello", "--permission-mode", "anything", home=tmp_path)
    assert "permission mode" in wrong.stderr
    assert wrong.returncode == 1


def test_a_reader_that_leaves_ends_it_without_a_word(tmp_path: Path) -> None:
    argv = [sys.executable, "-m", "sandbox_agent", "run", "mock", "flood 3000", "--json"]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "HOME": str(tmp_path)}
    )
    assert process.stdout is not None
    assert process.stderr is not None
    with process.stderr:
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(30) == 141


def test_a_permission_is_asked_for_with_what_it_is_about(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "permission"], tmp_path) as terminal:
        terminal.expect("command_execution")
        terminal.expect("echo mock")
        terminal.expect("allow? ")
        terminal.enter("perhaps")
        terminal.expect("1, 2 or 3")
        terminal.expect("allow? ")
        terminal.enter("1")
        terminal.expect("file_change")
        terminal.expect("allow? ")
        terminal.enter("no, not that file")
        status, shown = terminal.end()
    assert "accepted once" in shown
    assert "mock_1_permission_denied: rejected" in shown
    assert status == 0


def test_questions_are_answered_by_number_and_in_ones_own_words(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "multi"], tmp_path) as terminal:
        terminal.expect("Choose a color")
        terminal.expect("2 Blue: Cool")
        terminal.expect("answer: ")
        terminal.enter("something between")
        terminal.expect("Which fruit?")
        terminal.expect("answer: ")
        terminal.enter("1,3")
        terminal.expect("something between")
        terminal.expect("Apple")
        terminal.expect("Plum")
        status, _ = terminal.end()
    assert status == 0


def test_a_plan_is_shown_before_it_is_approved(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "plan"], tmp_path) as terminal:
        terminal.expect("Read the code.")
        terminal.expect("answer: ")
        terminal.enter("1")
        terminal.expect("approve")
        assert terminal.end()[0] == 0


def test_the_first_ctrl_c_interrupts_the_turn(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "slow 100000"], tmp_path) as terminal:
        terminal.expect("word 2 ")
        terminal.press("c")
        terminal.expect("interrupted")
        assert terminal.end()[0] == 130


def test_ctrl_c_at_a_prompt_interrupts_the_turn_too(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "permission"], tmp_path) as terminal:
        terminal.expect("allow? ")
        terminal.press("c")
        terminal.expect("interrupted")
        assert terminal.end()[0] == 130


@pytest.mark.parametrize(("scene", "prompt"), [("permission", "allow? "), ("question", "answer: ")])
def test_ctrl_d_at_a_prompt_refuses(tmp_path: Path, scene: str, prompt: str) -> None:
    with Terminal(["run", "mock", scene], tmp_path) as terminal:
        for _ in range(2):  # each scene asks twice
            terminal.expect(prompt)
            terminal.press("d")
            terminal.expect("(refused)")
        terminal.expect("completed")
        assert terminal.end()[0] == 0


def test_a_prompt_goes_away_when_nobody_needs_the_answer_any_more(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "demo"], tmp_path) as terminal:
        terminal.expect("allow? ")
        terminal.expect("no answer needed any more")
        terminal.expect("completed")
        assert terminal.end()[0] == 0


def test_two_ctrl_c_end_it_at_once_and_leave_nothing(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "slow 100000"], tmp_path) as terminal:
        terminal.expect("word 2 ")
        family = psutil.Process(terminal.process.pid).children(recursive=True)
        terminal.process.send_signal(signal.SIGINT)
        terminal.process.send_signal(signal.SIGINT)
        status, shown = terminal.end()
    _, alive = psutil.wait_procs(family, timeout=10)
    assert alive == []
    assert status == 130
    assert "Traceback" not in shown


def test_what_an_agent_says_cannot_steer_the_terminal(tmp_path: Path) -> None:
    with Terminal(["run", "mock", "! \x1b]0;title\x07\x1b[2Jboo"], tmp_path) as terminal:
        terminal.expect("boo")
        _, shown = terminal.end()
    assert "\x1b[2J" not in shown
    assert "\x1b]0;" not in shown
