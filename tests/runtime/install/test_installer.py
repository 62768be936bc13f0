"""Installing for real, with the real package clients, and finding what was installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

import sandbox_agent
from sandbox_agent.agents.claude.install import INSTALL
from sandbox_agent.runtime.install import Installer, Order, Step
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.schema.errors import AgentNotInstalled, InstallFailed, InvalidRequest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox_agent.adapter import Agent

CHECKOUT = Path(__file__).parents[3]
NOWHERE = "http://127.0.0.1:1/"
UNREACHABLE = {
    "npm_config_registry": NOWHERE,
    "npm_config_fetch_retries": "0",
    "PIP_INDEX_URL": NOWHERE,
    "PIP_FIND_LINKS": "",
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_RETRIES": "0",
}


@pytest.mark.parametrize(("version", "source"), [("2.1.197", "npm"), ("2.1.330", "pip")])
def test_claude_comes_with_each_client(by_npm: Agent, settings: Settings, version: str, source: str) -> None:
    shared = replace(settings, data_dir=CHECKOUT / ".cache" / "agents")
    claude = replace(by_npm, name="claude", install=INSTALL)
    installer = Installer(shared)
    # Others use this folder too: its default stays what they chose.
    order = Order(version=version, source="npm" if source == "npm" else "pip", choose=False)
    installer.install(claude, order)
    found = installer.find(claude, version)
    assert found is not None
    said = subprocess.run([found.path, "--version"], env={}, capture_output=True, text=True, check=True)
    assert said.stdout.startswith(f"{version} ")


def test_npm_brings_the_platform_package_and_nothing_else_stays(
    by_npm: Agent, installer: Installer, settings: Settings
) -> None:
    steps: list[Step] = []
    installed = installer.install(by_npm, Order(report=steps.append))
    folder = settings.data_dir / "agents" / "tool"
    assert installed.path == folder / "0.24.0" / "bin" / "esbuild"
    assert installed.fresh
    assert sorted(path.name for path in folder.iterdir()) == [".lock", "0.24.0", "current"]
    assert (folder / "current").resolve() == folder / "0.24.0"
    assert [step.doing for step in steps][::-1][:1] == ["verifying"]
    assert {step.doing for step in steps} == {"downloading", "verifying"}


def test_pip_brings_the_wheel_that_carries_the_version(by_both: Agent, installer: Installer) -> None:
    installed = installer.install(by_both, Order(source="pip"))
    assert installed.version == "1.11.1.git.kitware.jobserver-1"
    assert subprocess.run([installed.path, "--version"], env={}, check=True).returncode == 0


def test_the_other_client_is_tried_when_the_first_one_fails(by_both: Agent, installer: Installer) -> None:
    assert installer.install(by_both, Order()).fresh


def test_without_npm_pip_brings_the_newest_version_it_is_known_to_carry(by_both: Agent, settings: Settings) -> None:
    assert by_both.install is not None
    pinned = replace(by_both, install=replace(by_both.install, version="9.9"))
    installer = Installer(replace(settings, environ={**settings.environ, "PATH": ""}))
    assert installer.install(pinned, Order()).version == "1.11.1.git.kitware.jobserver-1"


def test_an_installed_version_is_not_installed_again(by_npm: Agent, installer: Installer) -> None:
    first = installer.install(by_npm, Order())
    again = installer.install(by_npm, Order())
    assert (again.path, again.fresh) == (first.path, False)


def test_reinstalling_replaces_a_broken_executable(by_npm: Agent, installer: Installer) -> None:
    path = installer.install(by_npm, Order()).path
    path.write_text("broken")
    assert installer.install(by_npm, Order(reinstall=True)).fresh
    assert path.stat().st_size > 1_000_000


def test_versions_live_side_by_side_and_the_last_installed_is_the_default(
    by_npm: Agent, installer: Installer, program: Callable[..., Path]
) -> None:
    for version in ("2.0.0", "1.0.0"):
        installer.install(by_npm, Order(path=program(version, f"echo {version}"), source="path"))
    found = {version: installer.find(by_npm, version) for version in (None, "2.0.0", "1.0.0", "0.1.0")}
    assert {asked: one and one.version for asked, one in found.items()} == {
        None: "1.0.0",
        "2.0.0": "2.0.0",
        "1.0.0": "1.0.0",
        "0.1.0": None,
    }


def test_an_exact_version_can_be_installed_without_becoming_the_default(
    by_npm: Agent, installer: Installer, program: Callable[..., Path]
) -> None:
    installer.install(by_npm, Order(path=program("a", "echo 1.0.0"), source="path"))
    installer.install(by_npm, Order(path=program("b", "echo 2.0.0"), source="path", choose=False))
    found = installer.find(by_npm)
    assert found is not None
    assert found.version == "1.0.0"


def test_of_two_installations_at_once_one_does_the_work(by_npm: Agent, settings: Settings) -> None:
    results: list[bool] = []
    start = threading.Barrier(2)

    def install() -> None:
        start.wait(10)
        results.append(Installer(settings).install(by_npm, Order()).fresh)

    threads = [threading.Thread(target=install) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    assert sorted(results) == [False, True]


def test_giving_up_ends_the_client_and_leaves_nothing(by_npm: Agent, settings: Settings) -> None:
    started = threading.Event()
    order = Order(report=lambda _step: started.set(), aborted=started.is_set)
    with pytest.raises(InstallFailed, match="given up"):
        Installer(settings).install(replace(by_npm, install=INSTALL), order)
    assert [path.name for path in (settings.data_dir / "agents" / "tool").iterdir()] == [".lock"]


def test_what_a_killed_installation_left_is_cleared(
    by_npm: Agent, installer: Installer, settings: Settings, program: Callable[..., Path]
) -> None:
    left = settings.data_dir / "agents" / "tool" / ".part-dead"
    left.mkdir(parents=True)
    (left / "half").write_bytes(b"x" * 100)
    installer.install(by_npm, Order(source="path", path=program("mine", "echo 1.0.0")))
    assert not left.exists()


# Failures


@pytest.mark.parametrize("source", ["npm", "pip"])
def test_a_version_that_does_not_exist_is_named(by_both: Agent, installer: Installer, source: str) -> None:
    assert by_both.install is not None
    wrong = replace(by_both.install, npm=dict.fromkeys(by_both.install.npm, "esbuild"), pip_versions={"9.9.9": "9.9.9"})
    with pytest.raises(InstallFailed, match=r"9\.9\.9") as caught:
        installer.install(
            replace(by_both, install=wrong), Order(version="9.9.9", source="npm" if source == "npm" else "pip")
        )
    assert "finds no" in str(caught.value)
    assert 0 < len(caught.value.details["stderr"]) <= 4_000
    assert caught.value.hint
    assert caught.value.agent == "tool"


@pytest.mark.parametrize("source", ["npm", "pip"])
def test_a_refused_connection_is_told_from_a_missing_version(
    by_both: Agent, with_environ: Callable[..., Settings], source: str
) -> None:
    installer = Installer(with_environ(**UNREACHABLE))
    with pytest.raises(InstallFailed, match=f"{source} cannot reach its package registry") as caught:
        installer.install(by_both, Order(source="npm" if source == "npm" else "pip"))
    assert "network" in (caught.value.hint or "")


def test_when_both_clients_fail_both_are_heard(by_both: Agent, with_environ: Callable[..., Settings]) -> None:
    with pytest.raises(InstallFailed, match=r"npm cannot reach .*; then pip cannot reach"):
        Installer(with_environ(**UNREACHABLE)).install(by_both, Order())


def test_npm_that_is_not_there_is_named(by_npm: Agent, with_environ: Callable[..., Settings]) -> None:
    with pytest.raises(InstallFailed, match="npm is not on PATH"):
        Installer(with_environ(PATH="")).install(by_npm, Order(source="npm"))


def test_a_machine_without_any_client_says_so(tmp_path: Path) -> None:
    # A Python without pip, which sees our code and the one library this needs.
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    libraries = tmp_path / "lib"
    libraries.mkdir()
    for package in (msgspec, sandbox_agent):
        assert package.__file__ is not None
        (libraries / package.__name__).symlink_to(Path(package.__file__).parent)
    program = (
        "from sandbox_agent.agents.claude.install import INSTALL as install\n"
        "from sandbox_agent.runtime.install.job import Job, Order\n"
        "from sandbox_agent.runtime.settings import Settings\n"
        "Job(Settings(), 'linux-x64', 'claude', install, Order()).run()\n"
    )
    env = {"PATH": "", "PYTHONPATH": str(libraries), "SANDBOX_AGENT_DATA_DIR": str(tmp_path / "data")}
    ended = subprocess.run(
        [tmp_path / "bare" / "bin" / "python", "-c", program], env=env, capture_output=True, text=True, check=False
    )
    assert "npm is not on PATH and there is neither pip nor uv" in ended.stderr


def test_a_platform_without_a_build_is_named(by_npm: Agent, settings: Settings) -> None:
    with pytest.raises(InstallFailed, match="no build of it for linux-riscv64") as caught:
        Installer(settings, platform="linux-riscv64").install(by_npm, Order())
    assert "linux-x64" in (caught.value.hint or "")
    assert "SANDBOX_AGENT_TOOL_BIN" in (caught.value.hint or "")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A device of 600 kB; without the right to mount one, a limit on the size of files stands in."""
    place = tmp_path / "small"
    place.mkdir()
    mount = shutil.which("mount")
    mounted = (
        mount is not None
        and not subprocess.run(
            [mount, "-t", "tmpfs", "-o", "size=600k", "tmpfs", place], capture_output=True, check=False
        ).returncode
    )
    if mounted:
        yield place
        subprocess.run(["umount", place], check=True)
        return
    import resource  # noqa: PLC0415 - only there on POSIX

    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (600_000, hard))
    yield place
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("source", ["npm", "pip"])
def test_a_full_disk_is_named_and_nothing_is_left(
    by_npm: Agent, by_both: Agent, settings: Settings, small_disk: Path, source: str
) -> None:
    installer = Installer(replace(settings, data_dir=small_disk))
    agent, order = (by_npm, Order(source="npm")) if source == "npm" else (by_both, Order(source="pip"))
    with pytest.raises(InstallFailed, match=r"no space left|larger than this user may write") as caught:
        installer.install(agent, order)
    assert "SANDBOX_AGENT_DATA_DIR" in (caught.value.hint or "")
    assert [path.name for path in (small_disk / "agents" / "tool").iterdir()] == [".lock"]


def test_a_data_folder_that_is_a_file_is_named(by_npm: Agent, settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InstallFailed, match=r"file"):
        Installer(replace(settings, data_dir=tmp_path / "file")).install(by_npm, Order())


@pytest.mark.parametrize("version", ["latest", "^1.0.0", "npm:left-pad@1.0.0", "file:../x", "../1", "", "1 2", "-r"])
def test_only_an_exact_version_ever_reaches_a_client(by_npm: Agent, installer: Installer, version: str) -> None:
    with pytest.raises(InvalidRequest, match="is no version"):
        installer.install(by_npm, Order(version=version))


# An executable of the user's


def test_an_executable_that_is_there_is_linked(
    by_npm: Agent, installer: Installer, program: Callable[..., Path]
) -> None:
    mine = program("mine", "echo '3.2.1 (Mine)'")
    installed = installer.install(by_npm, Order(source="path", path=mine))
    assert (installed.version, installed.path.resolve(), installed.fresh) == ("3.2.1", mine, True)
    assert not installer.install(by_npm, Order(source="path", path=mine)).fresh


def test_a_link_never_replaces_an_installed_version_unasked(
    by_npm: Agent, installer: Installer, program: Callable[..., Path]
) -> None:
    other = program("other", "echo 0.24.0")
    installer.install(by_npm, Order(source="path", path=other))
    mine = program("mine", "echo 0.24.0")
    with pytest.raises(InstallFailed, match="installed already"):
        installer.install(by_npm, Order(source="path", path=mine))
    assert installer.install(by_npm, Order(source="path", path=mine, reinstall=True)).path.resolve() == mine


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("echo 1.0.0", "is version 1.0.0, not 2.0.0"),
        ("exit 3", "ended with status 3"),
        ("kill -ILL $$", "ended with signal 4"),
        ("true", "does not tell its version"),
        ("echo /etc/passwd", "is version /etc/passwd, not 2.0.0"),
    ],
)
def test_an_executable_that_does_not_check_out_is_refused(
    by_npm: Agent, installer: Installer, program: Callable[..., Path], body: str, said: str
) -> None:
    with pytest.raises(InstallFailed, match=said):
        installer.install(by_npm, Order(version="2.0.0", source="path", path=program("mine", body)))


@pytest.mark.parametrize("version", ["../up", ".part-x", "current", "a b", "-"])
def test_a_version_that_is_no_folder_name_is_refused(
    by_npm: Agent, installer: Installer, program: Callable[..., Path], version: str
) -> None:
    with pytest.raises(InstallFailed, match="which is none"):
        installer.install(by_npm, Order(source="path", path=program("mine", f"echo '{version}'")))


# Finding


def test_the_environment_overrides_everything(
    by_npm: Agent, with_environ: Callable[..., Settings], program: Callable[..., Path]
) -> None:
    mine = program("mine", "echo 1")
    found = Installer(with_environ(SANDBOX_AGENT_TOOL_BIN=str(mine))).find(by_npm, "0.24.0")
    assert found is not None
    assert (found.path, found.version) == (mine, None)


def test_an_override_that_is_not_there_is_an_error_and_not_passed_over(
    by_npm: Agent, with_environ: Callable[..., Settings], tmp_path: Path
) -> None:
    with pytest.raises(AgentNotInstalled) as caught:
        Installer(with_environ(SANDBOX_AGENT_TOOL_BIN=str(tmp_path / "none"))).find(by_npm)
    assert "SANDBOX_AGENT_TOOL_BIN" in (caught.value.hint or "")


def test_path_is_searched_last_and_never_for_an_exact_version(
    by_npm: Agent, with_environ: Callable[..., Settings], program: Callable[..., Path]
) -> None:
    on_path = program("esbuild", "echo 9")
    settings = with_environ(PATH=f"{on_path.parent}:{os.environ['PATH']}")
    installer = Installer(settings)
    found = installer.find(by_npm)
    assert found is not None
    assert found.path == on_path
    assert installer.find(by_npm, "9") is None
    installer.install(by_npm, Order(source="path", path=program("mine", "echo 1.0.0")))
    found = installer.find(by_npm)
    assert found is not None
    assert found.version == "1.0.0"


def test_nothing_is_found_where_nothing_is(by_npm: Agent, with_environ: Callable[..., Settings]) -> None:
    assert Installer(with_environ(PATH="")).find(by_npm) is None


def test_a_model_key_never_reaches_the_package_client(
    by_npm: Agent, with_environ: Callable[..., Settings], program: Callable[..., Path], tmp_path: Path
) -> None:
    npm = program("npm", f'env > "{tmp_path}/seen"; exit 1')
    settings = with_environ(PATH=f"{npm.parent}:{os.environ['PATH']}", ANTHROPIC_API_KEY="sk-ant-secret")
    with pytest.raises(InstallFailed, match="npm ended with status 1"):
        Installer(settings).install(by_npm, Order(source="npm"))
    assert "sk-ant-secret" not in (tmp_path / "seen").read_text()
