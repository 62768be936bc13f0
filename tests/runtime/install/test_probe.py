from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox_agent.runtime.install import ask_version
from sandbox_agent.runtime.install.failures import Failure, TooSlow

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def ask(path: Path, *, limit: float = 20) -> str:
    return ask_version(path, environ=dict(os.environ), limit=limit)


def test_the_first_line_counts_up_to_its_parenthesis(program: Callable[..., Path]) -> None:
    assert ask(program("tool", "echo; echo '1.2.3 (Tool)'; echo more")) == "1.2.3"


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("codex-cli 1.2.3", "1.2.3"),
        ("tool 2.0 (build 7)", "2.0"),
        ("1.2.3", "1.2.3"),
        ("not a version", "not a version"),
    ],
)
def test_the_programs_own_name_is_no_part_of_its_version(program: Callable[..., Path], said: str, version: str) -> None:
    assert ask_version(program("tool", f"echo '{said}'"), environ=os.environ) == version


def test_it_runs_in_a_home_of_its_own_without_keys(
    program: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-ant-secret")
    home = ask(program("tool", 'echo "$HOME$ANTHROPIC_API_KEY"'))
    assert "sandbox-agent-" in home
    assert "secret" not in home
    assert not os.path.exists(home)  # noqa: PTH110 - it is a string here


def test_one_that_hangs_is_given_up(program: Callable[..., Path]) -> None:
    with pytest.raises(TooSlow, match=r"within 0\.3 s"):
        ask(program("tool", "sleep 60"), limit=0.3)


def test_what_is_no_program_for_this_machine_is_told(tmp_path: Path) -> None:
    path = tmp_path / "tool"
    path.write_bytes(b"\x7fELF not really")
    path.chmod(0o755)
    with pytest.raises(Failure, match="cannot run on this machine") as caught:
        ask(path)
    assert "Alpine" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have one C library")
def test_a_build_for_another_c_library_is_told(tmp_path: Path) -> None:
    binary = tmp_path / "tool"
    shutil.copy("/bin/true", binary)
    loader = next(
        name for name in (b"/lib64/ld-linux-x86-64.so.2", b"/lib/ld-linux-aarch64.so.1") if name in binary.read_bytes()
    )
    binary.write_bytes(binary.read_bytes().replace(loader, loader[:-1] + b"9"))
    with pytest.raises(Failure, match="cannot run on this machine") as caught:
        ask(binary)
    assert "C library" in caught.value.hint


@pytest.mark.parametrize(
    "complaint",
    ["/lib64/libc.so.6: version `GLIBC_2.38' not found", "error while loading shared libraries: libstdc++.so.6"],
)
def test_a_missing_library_is_told(program: Callable[..., Path], complaint: str) -> None:
    with pytest.raises(Failure, match="status 127") as caught:
        ask(program("tool", f'echo "{complaint}" >&2; exit 127'.replace("`", "")))
    assert "C library" in caught.value.hint
    assert caught.value.stderr


def test_one_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Failure, match="cannot be started"):
        ask(tmp_path / "none")
