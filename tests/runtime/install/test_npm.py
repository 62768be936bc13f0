from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.runtime.install.npm import npm_command


@pytest.mark.parametrize(
    ("manager", "command"),
    [
        ("apt-get", " (apt-get install -y npm)"),
        ("apk", " (apk add npm)"),
        ("brew", " (brew install node)"),
        ("something-else", ""),
    ],
)
def test_who_has_no_npm_is_told_what_brings_it_on_this_machine(tmp_path: Path, manager: str, command: str) -> None:
    (tmp_path / manager).touch(mode=0o755)
    assert npm_command({"PATH": str(tmp_path)}) == command
