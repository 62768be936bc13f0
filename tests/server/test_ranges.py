from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.server.ranges import Unsatisfiable, byte_range


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("bytes=0-0", (0, 1)),
        ("bytes=2-4", (2, 5)),
        ("BYTES= 2-4 ", (2, 5)),
        ("bytes=7-", (7, 10)),
        ("bytes=7-99", (7, 10)),
        ("bytes=-3", (7, 10)),
        ("bytes=-99", (0, 10)),
        ("bytes=9-9", (9, 10)),
    ],
)
def test_a_range_is_a_part(text: str, part: tuple[int, int]) -> None:
    assert byte_range(text, 10) == part


@pytest.mark.parametrize(
    "text", ["", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=4-2", "bytes=0-1,3-4", "lines=0-1", "bytes=0-1-2"]
)
def test_what_cannot_be_read_means_the_whole(text: str) -> None:
    assert byte_range(text, 10) is None


@pytest.mark.parametrize(
    ("text", "size"), [("bytes=10-", 10), ("bytes=99-100", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)]
)
def test_a_range_with_nothing_in_it_is_an_error(text: str, size: int) -> None:
    with pytest.raises(Unsatisfiable):
        byte_range(text, size)


@given(st.binary(min_size=1, max_size=30), st.integers(0, 40), st.integers(0, 40))
def test_a_range_is_what_slicing_gives(data: bytes, first: int, last: int) -> None:
    try:
        part = byte_range(f"bytes={first}-{last}", len(data))
    except Unsatisfiable:
        assert not data[first : last + 1]
        return
    if part is not None:
        assert data[slice(*part)] == data[first : last + 1]
        assert 0 <= part[0] < part[1] <= len(data)
