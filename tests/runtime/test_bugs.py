from __future__ import annotations

import io

import pytest

from sandbox_agent.runtime.bugs import print_bug


class Left(io.StringIO):
    """Nobody reads it any more."""

    def write(self, _: str) -> int:
        raise BrokenPipeError


def test_a_bug_is_told_with_its_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    print_bug(ValueError("oops"))
    assert capsys.readouterr().err.endswith("ValueError: oops\n")


@pytest.mark.parametrize("closed", [False, True])
def test_a_bug_that_nobody_reads_of_does_no_harm(monkeypatch: pytest.MonkeyPatch, closed: bool) -> None:
    left = Left()
    if closed:
        left.close()
    monkeypatch.setattr("sys.stderr", left)
    print_bug(ValueError("oops"))
