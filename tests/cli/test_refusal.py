from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .serving import COMMAND, TOKEN, clean_environ, serving

FULL = Path("/dev/full")  # there is none on macOS
COMMANDS = ["agents list", "credentials extract", "completion bash", "run mock hello", "run --json mock hello"]


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving(tmp_path_factory.mktemp("served")) as url:
        yield url


def run(words: str, url: str, home: Path, output: int) -> tuple[int, str]:
    done = subprocess.run(
        [*COMMAND, *words.split()],
        cwd=home,
        env=clean_environ(home, SANDBOX_AGENT_ENDPOINT=url, SANDBOX_AGENT_TOKEN=TOKEN),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stderr


@pytest.mark.skipif(not FULL.exists(), reason="a device that is always full")
@pytest.mark.parametrize("words", COMMANDS)
def test_a_full_disk_is_told_in_one_line(url: str, tmp_path: Path, words: str) -> None:
    with FULL.open("w") as full:
        told = run(words, url, tmp_path, full.fileno())
    assert told == (1, "sandbox-agent: cannot write the output: No space left on device\n")


@pytest.mark.parametrize("words", COMMANDS)
def test_a_reader_that_has_left_is_told_nothing(url: str, tmp_path: Path, words: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        status, told = run(words, url, tmp_path, writer)
    finally:
        os.close(writer)
    assert status in {1, 141}  # Rich, which draws for people, ends with 1
    assert told == ""
