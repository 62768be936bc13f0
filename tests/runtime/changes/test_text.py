from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.runtime.changes.text import file_diff

Side = tuple[str, bytes | None] | None
PLAIN = "100644"

lines = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"+", b"-"]), max_size=30)
contents = st.tuples(lines, st.booleans()).map(lambda both: b"\n".join(both[0]) + (b"\n" if both[1] else b""))


def applied(old: bytes, diff: str) -> bytes:
    """What a patch program would make of `old`."""
    before, after, at = old.split(b"\n"), list[bytes](), 0
    _, found, hunks = diff.partition("\n@@")
    for line in (found[1:] + hunks).split("\n")[:-1]:
        if span := re.match(r"@@ -(\d+)(?:,(\d+))? ", line):
            start = int(span[1]) - (span[2] != "0")
            after += before[at:start]
            at = start
        elif not line.startswith("\\"):
            assert line[0] == "+" or before[at] == line[1:].encode()
            at += line[0] != "+"
            after += [] if line[0] == "-" else [line[1:].encode()]
    return b"\n".join([*after, *before[at:]])


@given(old=contents, new=contents)
def test_a_diff_turns_the_old_text_into_the_new_one(old: bytes, new: bytes) -> None:
    diff = file_diff("a.txt", (PLAIN, old), (PLAIN, new))
    assert applied(old, diff.text).strip(b"\n") == new.strip(b"\n")
    assert diff.additions - diff.deletions == len(new.splitlines()) - len(old.splitlines())


CASES: dict[str, tuple[str, bytes | None, bytes | None]] = {
    "a change": ("a.txt", b"one\ntwo\nthree\n", b"one\n2\nthree\n"),
    "two hunks": ("a.txt", b"".join(b"%d\n" % n for n in range(40)), b"x\n" + b"".join(b"%d\n" % n for n in range(39))),
    "a new file": ("new.txt", None, b"hello\n"),
    "an empty new file": ("empty", None, b""),
    "a file that is gone": ("gone.txt", b"bye\n", None),
    "no newline at the end any more": ("a.txt", b"one\n", b"one"),
    "a newline at the end": ("a.txt", b"one", b"one\n"),
    "an odd name": ('o"d\td\\ ü.txt', b"1\n", b"2\n"),
    "a name with spaces": ("a b.txt", None, b"2\n"),
    "carriage returns": ("a.txt", b"1\r\n2\r\n", b"1\r\n3\r\n"),
}


@pytest.mark.parametrize("case", CASES)
def test_git_applies_it(case: str, tmp_path: Path) -> None:
    name, old, new = CASES[case]
    file = tmp_path / name
    if old is not None:
        file.write_bytes(old)
    diff = file_diff(name, None if old is None else (PLAIN, old), None if new is None else (PLAIN, new))
    subprocess.run(["git", "apply", "-"], cwd=tmp_path, input=diff.text.encode(), check=True)
    assert (file.read_bytes() if file.exists() else None) == new


def test_content_that_cannot_be_shown_is_named() -> None:
    diff = file_diff("logo.png", None, (PLAIN, None))
    assert "new file mode 100644" in diff.text
    assert diff.text.endswith("Binary files /dev/null and b/logo.png differ\n")
    assert (diff.additions, diff.deletions) == (0, 0)


def test_another_mode_is_a_change() -> None:
    diff = file_diff("run.sh", (PLAIN, b"x\n"), ("100755", b"x\n"))
    assert diff.text.splitlines()[1:] == ["old mode 100644", "new mode 100755"]


def test_bytes_that_are_no_text_are_replaced() -> None:
    assert "+caf\ufffd" in file_diff("a.txt", None, (PLAIN, b"caf\xe9\n")).text


def test_texts_that_would_take_too_long_to_compare_are_one_change() -> None:
    old, new = b"same\nother\n" * 2000, b"other\nsame\n" * 2000
    diff = file_diff("a.txt", (PLAIN, old), (PLAIN, new))
    assert diff.text.count("@@ ") == 1
    assert diff.additions >= 3998
