from __future__ import annotations

from sandbox_agent.agents.opencode import output
from sandbox_agent.agents.opencode.output import GAP, Printed

ALL = "".join(f"line {number}\n" for number in range(5000))


def test_an_update_adds_what_is_new() -> None:
    printed = Printed()
    assert [printed.more(seen) for seen in ("", "a\n", "a\n", "a\nb\n")] == ["", "a\n", "", "b\n"]
    assert printed.ended("a\nb\n", "a\nb\nc\n", None) == "a\nb\nc\n"


def test_of_a_long_output_the_end_is_joined_to_what_was_told() -> None:
    printed = Printed()
    told = printed.more(ALL[:30_000])
    told += printed.more("...\n\n" + ALL[10_000:40_000])
    assert told == ALL[:40_000]
    assert printed.ended("...\n\n" + ALL[-30_000:], "...shortened", "/srv/all") == (
        ALL + "\n[The whole output is in /srv/all]\n"
    )


def test_what_nobody_told_is_marked() -> None:
    printed = Printed()
    printed.more("first\n")
    assert printed.more("...\n\nlast\n") == f"{GAP}last\n"


def test_lines_that_are_all_the_same_are_not_told_twice() -> None:
    printed = Printed()
    printed.more("y\n" * 1000)
    assert printed.more("...\n\n" + "y\n" * 1000) == ""


def test_very_much_is_not_told_before_the_end() -> None:
    printed = Printed()
    printed.more("a" * (output.LIMIT + 1))
    assert printed.more("a" * (output.LIMIT + 1) + "b") == ""
    assert printed.ended("a" * (output.LIMIT + 1) + "b", "", None).endswith("ab")


def test_an_output_that_was_put_otherwise_comes_after_what_was_told() -> None:
    printed = Printed()
    printed.more("told\n")
    assert printed.ended("other", "other", None) == f"told\n{GAP}other"


def test_white_space_that_the_model_does_not_get_is_kept() -> None:
    printed = Printed()
    printed.more("told\n\n")
    assert printed.ended("told\n\n", "told", None) == "told\n\n"
