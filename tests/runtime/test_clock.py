from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest

from sandbox_agent.runtime.clock import Clock


def at(monkeypatch: pytest.MonkeyPatch, nanoseconds: int) -> None:
    monkeypatch.setattr("sandbox_agent.runtime.clock.time.time_ns", lambda: nanoseconds)


@pytest.mark.parametrize(
    ("nanoseconds", "stamp"),
    [
        (0, "1970-01-01T00:00:00.000Z"),
        (1_700_000_000_007_999_999, "2023-11-14T22:13:20.007Z"),
        (1_709_251_199_999_000_000, "2024-02-29T23:59:59.999Z"),
        (253_402_300_799_999_000_000, "9999-12-31T23:59:59.999Z"),
    ],
)
def test_both_words_for_a_moment_agree(monkeypatch: pytest.MonkeyPatch, nanoseconds: int, stamp: str) -> None:
    at(monkeypatch, nanoseconds)
    assert Clock().now() == (nanoseconds // 1_000_000, stamp)


def test_each_new_millisecond_has_a_stamp_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Clock()
    at(monkeypatch, 5_000_000)
    assert watch.now() is watch.now()
    at(monkeypatch, 6_000_000)
    assert watch.now() == (6, "1970-01-01T00:00:00.006Z")


def test_a_clock_that_is_set_back_is_followed(monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Clock()
    at(monkeypatch, 6_000_000)
    watch.now()
    at(monkeypatch, 5_000_000)
    assert watch.now() == (5, "1970-01-01T00:00:00.005Z")


def test_it_tells_the_time_of_this_machine() -> None:
    milliseconds, stamp = Clock().now()
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", stamp)
    parsed = datetime.fromisoformat(stamp)
    assert parsed.tzinfo == UTC
    assert round(parsed.timestamp() * 1000) == milliseconds
