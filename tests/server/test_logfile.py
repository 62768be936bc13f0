from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.server import logfile
from sandbox_agent.server.logfile import LogFile

DAY = 86_400
NEW_YEAR = 1_767_225_600
"""2026-01-01, midnight in UTC."""


class Clock:
    def __init__(self, now: float) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def descriptor() -> Iterator[int]:
    """Something to redirect that is not the tests' own standard error."""
    opened = os.open(os.devnull, os.O_WRONLY)
    yield opened
    os.close(opened)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_what_is_written_to_the_descriptor_is_in_todays_file(tmp_path: Path, descriptor: int) -> None:
    folder = tmp_path / "new" / "logs"
    log = LogFile(folder, descriptor=descriptor, now=Clock(NEW_YEAR))
    log.open()
    os.write(descriptor, b"hello\n")
    assert log.path == folder / "log-01-01-26"
    assert log.path.read_bytes() == b"hello\n"
    assert stat.S_IMODE(log.path.stat().st_mode) == 0o600


def test_at_midnight_in_utc_it_turns_to_a_new_file(tmp_path: Path, descriptor: int) -> None:
    clock = Clock(NEW_YEAR - 1)
    log = LogFile(tmp_path, descriptor=descriptor, now=clock)
    log.open()
    assert log.seconds_left() == 1
    os.write(descriptor, b"old\n")
    clock.now = NEW_YEAR
    log.turn()
    os.write(descriptor, b"new\n")
    assert (tmp_path / "log-12-31-25").read_bytes() == b"old\n"
    assert (tmp_path / "log-01-01-26").read_bytes() == b"new\n"
    assert log.seconds_left() == DAY


def test_seven_days_are_kept_by_their_date_and_what_is_not_ours_for_ever(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "log-01-01-26.txt").write_text("mine")
    clock = Clock(NEW_YEAR - 5 * DAY)
    log = LogFile(tmp_path, descriptor=descriptor, now=clock)
    log.open()
    for _ in range(10):
        clock.now += DAY
        log.turn()
    assert names(tmp_path) == [
        *(f"log-01-0{day}-26" for day in range(1, 2)),
        "log-01-01-26.txt",
        *(f"log-01-0{day}-26" for day in range(2, 7)),
        "log-12-31-25",
    ]


def test_a_day_that_says_too_much_begins_again(
    tmp_path: Path, descriptor: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logfile, "FILE_BYTES", 10)
    log = LogFile(tmp_path, descriptor=descriptor, now=Clock(NEW_YEAR))
    log.open()
    for text in (b"first flood\n", b"second flood\n", b"third flood\n"):
        os.write(descriptor, text)
        log.turn()
    assert names(tmp_path) == ["log-01-01-26", "log-01-01-26.1"]
    assert (tmp_path / "log-01-01-26.1").read_bytes() == b"third flood\n"


def test_a_restart_goes_on_in_the_same_file(tmp_path: Path, descriptor: int) -> None:
    for text in (b"one\n", b"two\n"):
        LogFile(tmp_path, descriptor=descriptor, now=Clock(NEW_YEAR)).open()
        os.write(descriptor, text)
    assert (tmp_path / "log-01-01-26").read_bytes() == b"one\ntwo\n"


def test_a_link_in_its_place_is_not_followed(tmp_path: Path, descriptor: int) -> None:
    (tmp_path / "log-01-01-26").symlink_to(tmp_path / "victim")
    with pytest.raises(OSError, match="symbolic"):
        LogFile(tmp_path, descriptor=descriptor, now=Clock(NEW_YEAR)).open()
    assert not (tmp_path / "victim").exists()


def test_a_folder_that_goes_away_stops_nobody(tmp_path: Path, descriptor: int) -> None:
    clock = Clock(NEW_YEAR)
    log = LogFile(tmp_path / "logs", descriptor=descriptor, now=clock)
    log.open()
    log.path.unlink()
    (tmp_path / "logs").rmdir()
    clock.now += DAY
    log.turn()
    os.write(descriptor, b"into the void\n")
    assert names(tmp_path) == []
