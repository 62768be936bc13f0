"""A daemon started in surroundings that lack something starts all the same, or says in one sentence why not."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from .house import COMMAND, PATIENCE, Build, House, clean_environ

pytestmark = pytest.mark.anyio


async def works(house: House) -> None:
    """A turn of the mock and one of the stand-in."""
    async with house.talk(agent="mock") as mock, house.talk() as claude:
        assert (await mock.turn("hello")).reason == "completed"
        assert (await claude.turn("say('hello')")).reason == "completed"
        assert claude.says == ["hello"]
    house.process.terminate()
    assert await house.stopped() == 0
    await house.empty()


def closing(*descriptors: int) -> Callable[[], None]:
    def close() -> None:
        for each in descriptors:
            os.close(each)

    return close


@pytest.mark.parametrize("closed", [(0,), (1,), (2,), (0, 1, 2)], ids=str)
async def test_closed_descriptors_do_no_harm(build: Build, closed: tuple[int, ...]) -> None:
    await works(build(preexec_fn=closing(*closed)))


async def test_an_output_that_nobody_reads_does_no_harm(build: Build) -> None:
    r, w = os.pipe()
    os.close(r)
    try:
        await works(build(stdout=w, stderr=w))
    finally:
        os.close(w)


async def test_no_home(build: Build) -> None:
    await works(build(without=("HOME",)))


async def test_a_home_that_does_not_exist(build: Build, standin: Path) -> None:
    await works(build({"HOME": "/nowhere/at/all", "SANDBOX_AGENT_CLAUDE_BIN": str(standin)}))


async def test_a_home_that_is_a_file(build: Build, standin: Path) -> None:
    await works(build({"HOME": str(standin), "SANDBOX_AGENT_CLAUDE_BIN": str(standin)}))


def test_a_working_directory_that_is_gone_is_named(tmp_path: Path) -> None:
    (place := tmp_path / "gone").mkdir()
    program = f"import os, sys; os.rmdir({str(place)!r}); os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    done = subprocess.run(
        [sys.executable, "-c", program, *COMMAND[1:], "server", "--port", "0"],
        cwd=place,
        env=clean_environ(tmp_path),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.count("\n") == 1, done.stderr
    assert "working directory" in done.stderr


async def test_a_working_directory_that_goes_away_meanwhile_is_named(build: Build, tmp_path: Path) -> None:
    (place := tmp_path / "going").mkdir()
    house = build()
    async with house.talk(place) as talk:
        place.rmdir()
        assert (await talk.turn("say('no')")).reason == "error"
        assert "working directory" in next(event.data.message for event in talk.events if event.type == "error")  # type: ignore[attr-defined]
        place.mkdir()
        assert (await talk.turn("say('yes')")).reason == "completed"
