from __future__ import annotations

import pytest

from sandbox_agent.cli.prose import Prose, clean


def text(prose: Prose, *parts: str) -> str:
    return "".join(piece for part in parts for piece, _ in prose.feed(part)) + "".join(
        piece for piece, _ in prose.finish()
    )


def styles(markdown: str) -> dict[str, str]:
    prose = Prose()
    styled: dict[str, str] = {}
    for piece, style in (*prose.feed(markdown), *prose.finish()):
        styled[style] = styled.get(style, "") + piece
    return styled


MARKDOWN = (
    "# Title\n\nSome **bold** and `code` words, 3 * 4.\n\n- one\n- two\n\n"
    "> said\n\n```py\nx = 1  # **no**\n```\n1. first\n"
)


def test_however_it_is_cut_it_is_shown_the_same() -> None:
    whole = text(Prose(), MARKDOWN)
    assert whole == text(Prose(), *MARKDOWN)
    for cut in range(len(MARKDOWN)):
        assert text(Prose(), MARKDOWN[:cut], MARKDOWN[cut:]) == whole


def test_marks_become_styles() -> None:
    styled = styles(MARKDOWN)
    assert styled["bold"] == "Titlebold"
    assert "code" in styled["cyan"]
    assert "x = 1  # **no**" in styled["cyan"]
    assert "• one" in text(Prose(), MARKDOWN)
    assert "3 * 4" in text(Prose(), MARKDOWN)


def test_lines_are_wrapped_between_words_and_code_is_not() -> None:
    wrapped = text(Prose(width=20), "one two three four five six seven\n```\n" + "x" * 30 + "\n```\n")
    assert all(len(line) <= 20 for line in wrapped.splitlines() if "x" not in line)
    assert "x" * 30 in wrapped


def test_a_bold_word_that_is_never_closed_ends_with_its_line() -> None:
    prose = Prose()
    pieces = [*prose.feed("**open\nplain words\n"), *prose.finish()]
    assert next(style for piece, style in pieces if piece == "l") == ""


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("\x1b[2Jboo", "boo"),
        ("\x1b]0;title\x07boo", "boo"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("a\x07b\x08c\x9bd", "abcd"),
        ("one\r\ntwo\rthree", "one\ntwo\nthree"),
        ("\x1b[31mred\x1b[0m", "red"),
    ],
)
def test_what_steers_a_terminal_is_taken_out(said: str, shown: str) -> None:
    assert clean(said) == shown


def test_colors_may_stay() -> None:
    assert clean("\x1b[31mred\x1b[0m\x1b[2J", colors=True) == "\x1b[31mred\x1b[0m"
