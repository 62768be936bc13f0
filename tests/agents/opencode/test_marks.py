from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from sandbox_agent.agents.opencode.marks import mark_of, reads_script, script


def output(folder: Path, command: str, before: str | None = None, **env: str) -> str:
    """What a command prints in a bash that reads our file first."""
    (folder / "script").write_bytes(script("SECRET", before))
    around = {"PATH": "/usr/local/bin:/usr/bin:/bin", "BASH_ENV": str(folder / "script"), "SECRET": "sesame", **env}
    ran = subprocess.run(["bash", "-c", command], cwd=folder, env=around, capture_output=True, check=True, timeout=30)
    return ran.stdout.decode()


@pytest.mark.parametrize("more", ["", "# ü\n# 'quoted' \"twice\" $HOME \\", "# " + "x" * 70_000])
def test_bash_marks_a_command_as_the_router_does(tmp_path: Path, more: str) -> None:
    command = f"bash -c 'printenv SANDBOX_AGENT_MEMBER'\n{more}"
    assert output(tmp_path, command) == mark_of(str(tmp_path), command) + "\n"
    assert mark_of(f"{tmp_path}/there/..", command) == mark_of(str(tmp_path), command)


def test_the_command_sees_neither_the_password_nor_our_file(tmp_path: Path) -> None:
    assert output(tmp_path, "printenv SECRET BASH_ENV || echo nothing") == "nothing\n"


def test_a_file_that_the_user_has_bash_read_is_read_too(tmp_path: Path) -> None:
    own = tmp_path / "it's mine"
    own.write_text("echo read")
    said = output(tmp_path, "printenv BASH_ENV; bash -c 'echo inner'", str(own))
    assert said == f"read\n{own}\nread\ninner\n"


def test_without_cksum_there_is_no_mark_and_no_noise(tmp_path: Path) -> None:
    (tmp_path / "bash").symlink_to("/bin/bash")
    assert output(tmp_path, "echo [$SANDBOX_AGENT_MEMBER]", PATH=str(tmp_path)) == "[]\n"


@pytest.mark.parametrize(("shell", "reads"), [(None, True), ("/usr/bin/bash", True), ("/bin/zsh", False), ("", False)])
def test_only_bash_reads_it(shell: str | None, reads: bool) -> None:
    assert reads_script({} if shell is None else {"SHELL": shell}) == reads
