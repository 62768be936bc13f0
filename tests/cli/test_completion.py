"""The Tab key, in the shells themselves."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

import pytest

from sandbox_agent.agents import AGENTS
from sandbox_agent.cli import COMMANDS, completion, main

from .terminal import Terminal

INTERACTIVE = {"bash": ["bash", "--norc", "--noprofile", "-i"], "zsh": ["zsh", "-f", "-i"]}
BASH = """
source "$1"; shift
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
compopt() { :; }
_sandbox_agent
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture(params=completion.SHELLS)
def shell(request: pytest.FixtureRequest) -> str:
    name = str(request.param)
    if shutil.which(name) is None:
        pytest.fail(f"this test needs {name}; scripts/services.sh installs it")
    return name


@pytest.fixture
def script(shell: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    return write(shell, tmp_path, capsys)


def write(shell: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    assert main(["completion", shell]) == 0
    path = folder / f"script.{shell}"
    path.write_text(capsys.readouterr().out)
    return path


def offered(shell: str, script: Path, line: str) -> set[str]:
    """What the shell would offer at the end of a line; zsh can be asked in a terminal only."""
    if shell == "fish":
        command = ["fish", "-c", f"source {script}; complete -C {shlex.quote(line)}"]
    else:
        words = shlex.split(line)
        command = ["bash", "-c", BASH, "bash", str(script), *words, *([""] if line.endswith(" ") else [])]
    home = {"HOME": str(script.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=script.parent, env=home, capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr == ""
    return {text.partition("\t")[0] for text in done.stdout.splitlines()} - {""}


@pytest.mark.parametrize(
    ("line", "wanted"),
    [
        ("sandbox-agent ", set(COMMANDS)),
        ("sandbox-agent se", {"server", "sessions"}),
        ("sandbox-agent -t run s", {"server", "sessions"}),
        ("sandbox-agent daemon ", {"start", "stop", "status"}),
        ("sandbox-agent api ", {"agents", "sessions", "fs"}),
        ("sandbox-agent api sessions reply-", {"reply-permission", "reply-question"}),
        ("sandbox-agent sessions create demo --agent ", set(AGENTS)),
        ("sandbox-agent sessions create demo --ag", {"--agent", "--agent-mode", "--agent-version"}),
        ("sandbox-agent sessions reply-permission demo p -r ", {"once", "always", "reject"}),
        ("sandbox-agent sessions send-message demo -m ", set()),
        ("sandbox-agent completion ", set(completion.SHELLS)),
        ("sandbox-agent run mo", {"mock"}),
        ("sandbox-agent server --cors-allow-c", {"--cors-allow-credentials"}),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "fish"], indirect=True)
def test_what_is_offered(shell: str, script: Path, line: str, wanted: set[str]) -> None:
    assert offered(shell, script, line) == wanted


@pytest.mark.parametrize("shell", ["bash", "fish"], indirect=True)
def test_files_and_folders_are_offered_where_they_belong(shell: str, script: Path) -> None:
    (script.parent / "a folder").mkdir()
    (script.parent / "a file").write_text("")
    files = {each.replace("\\", "").rstrip("/") for each in offered(shell, script, "sandbox-agent --token-file a")}
    assert files == {"a folder", "a file"}
    folders = offered(shell, script, "sandbox-agent sessions create demo --directory a")
    assert {each.replace("\\", "").rstrip("/") for each in folders} == {"a folder"}


@pytest.mark.parametrize("shell", INTERACTIVE, indirect=True)
def test_tab_completes_in_a_terminal(shell: str, script: Path) -> None:
    with Terminal([], script.parent, INTERACTIVE[shell]) as terminal:
        if shell == "zsh":
            terminal.enter("autoload -U compinit; compinit -u -D")
        terminal.enter(f"PS1='rea''dy> '; source {script}")
        terminal.expect("ready> ")
        terminal.type("true || sandbox-agent sess\tcr\tdemo --dir\t")
        terminal.expect("sessions")
        terminal.expect("create")
        terminal.expect("directory")
        terminal.enter("")
        terminal.expect("ready> ")
        terminal.enter("exit")
        status, _ = terminal.end()
    assert status == 0


def test_each_script_is_what_its_shell_can_read(shell: str, script: Path) -> None:
    subprocess.run([shell, "-n", str(script)], check=True, timeout=60)


def test_another_shell_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["completion", "tcsh"])
    assert ended.value.code == 2
    assert "bash" in capsys.readouterr().err
