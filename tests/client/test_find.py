"""Which command a client starts its daemon with."""

from __future__ import annotations

import importlib.util
import sys
import sysconfig
from pathlib import Path

import pytest

from sandbox_agent import AsyncSandboxAgent, ConnectionFailed, SandboxAgent
from sandbox_agent.client import find
from sandbox_agent.client.find import find_daemon

OWN = [sys.executable, "-P", "-m", "sandbox_agent"]
COMMAND = Path(sysconfig.get_path("scripts")) / "sandbox-agent"


@pytest.fixture
def client_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """This interpreter as if it had none of the server's packages."""
    there = importlib.util.find_spec
    monkeypatch.setattr(find, "find_spec", lambda name: None if name == "uvicorn" else there(name))


def command_in(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "sandbox-agent"
    path.write_text(f'#!/bin/sh\nexec {COMMAND} "$@"\n')
    path.chmod(0o755)
    return path


def test_this_interpreter_runs_the_daemon_whatever_is_on_the_path(tmp_path: Path) -> None:
    assert find_daemon({"PATH": str(command_in(tmp_path).parent)}) == OWN


def test_what_is_named_comes_first(tmp_path: Path) -> None:
    command = command_in(tmp_path)
    assert find_daemon({"SANDBOX_AGENT_BIN": str(command), "PATH": "/usr/bin"}) == [str(command)]


@pytest.mark.parametrize("name", ["nowhere", "not-executable", "."])
def test_a_name_that_leads_to_no_command_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / "not-executable").write_text("")
    with pytest.raises(ConnectionFailed, match=r"SANDBOX_AGENT_BIN is .*which is not there or not executable"):
        find_daemon({"SANDBOX_AGENT_BIN": str(tmp_path / name)})


@pytest.mark.usefixtures("client_only")
def test_a_client_alone_takes_the_command_on_the_path(tmp_path: Path) -> None:
    first, second = command_in(tmp_path / "one"), command_in(tmp_path / "two")
    assert find_daemon({"PATH": f"{tmp_path}/none::{first.parent}:{second.parent}"}) == [str(first)]


@pytest.mark.usefixtures("client_only")
def test_the_wrapper_of_npm_is_passed_over_for_the_command_itself(tmp_path: Path) -> None:
    wrapper = command_in(tmp_path / "npm").rename(tmp_path / "npm" / "sandbox-agent.js")
    (tmp_path / "npm" / "sandbox-agent").symlink_to(wrapper)
    real = command_in(tmp_path / "bin")
    assert find_daemon({"PATH": f"{tmp_path}/npm:{real.parent}"}) == [str(real)]


@pytest.mark.usefixtures("client_only")
@pytest.mark.parametrize("variable", ["HOME", "XDG_BIN_HOME"])
def test_and_the_one_that_the_installer_left(tmp_path: Path, variable: str) -> None:
    command = command_in(tmp_path / ".local" / "bin" if variable == "HOME" else tmp_path)
    assert find_daemon({"PATH": "/nowhere", variable: str(tmp_path)}) == [str(command)]


@pytest.mark.usefixtures("client_only")
def test_its_own_script_is_no_help_and_the_error_says_what_is() -> None:
    assert COMMAND.is_file()
    with pytest.raises(ConnectionFailed, match=r"Only the client is installed here.*pip install sandbox-agent-py"):
        find_daemon({"PATH": str(COMMAND.parent), "HOME": "/nowhere"})


@pytest.mark.usefixtures("client_only")
def test_starting_without_any_command_is_the_same_error_for_both_clients(tmp_path: Path) -> None:
    bare = {"PATH": "/nowhere", "HOME": str(tmp_path), "XDG_BIN_HOME": ""}
    for kind in (SandboxAgent, AsyncSandboxAgent):
        with pytest.raises(ConnectionFailed, match="Only the client"):
            kind.start(env=bare)


@pytest.mark.usefixtures("client_only")
def test_what_was_found_serves(tmp_path: Path) -> None:
    command = command_in(tmp_path / "bin")
    with SandboxAgent.start(env={"PATH": str(command.parent)}, data_dir=tmp_path, mock_pace=0) as client:
        assert client.create_session("s", agent="mock").send("hello").wait().text == "hello"


def test_a_command_that_is_none_of_ours_is_quoted(tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("#!/bin/sh\necho 'I am another program' >&2; exit 3\n")
    wrong.chmod(0o755)
    with pytest.raises(ConnectionFailed, match="exit status 3: I am another program"):
        SandboxAgent.start(env={"SANDBOX_AGENT_BIN": str(wrong)})


def test_a_file_that_this_machine_cannot_run_is_an_error_with_its_name(tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    foreign.write_bytes(b"\x7fELF of another machine")
    foreign.chmod(0o755)
    with pytest.raises(ConnectionFailed, match=r"foreign cannot be started: .*Exec format error"):
        SandboxAgent.start(env={"SANDBOX_AGENT_BIN": str(foreign)})
