from __future__ import annotations

import pytest

from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.handlers.files import Target
from sandbox_agent.server.query import Follow, NoQuery, Page, StreamOptions, parse_query


def test_no_query_gives_the_defaults() -> None:
    assert parse_query(b"", Page) == Page(offset=0, limit=None, include_raw=False)


@pytest.mark.parametrize("name", ["includeRaw", "include_raw", "include%5Fraw"])
def test_both_spellings_of_a_name_work(name: str) -> None:
    assert parse_query(f"{name}=true".encode(), StreamOptions).include_raw is True


@pytest.mark.parametrize(
    "query",
    [
        b"includeRaw=true&include_raw=true",
        b"offset=1&offset=1",
        b"includeRaw=1",
        b"includeRaw=True",
        b"includeRaw=",
        b"includeRaw",
        b"offset=-1",
        b"offset=+1",
        b"offset=1.0",
        b"offset=",
        b"offset=0x1",
        b"offset=18446744073709551616",
        b"offset=" + b"9" * 5000,
        b"limit=ten",
        b"what=%ff",
        "offset=\u0661".encode(),
    ],
)
def test_a_bad_parameter_is_refused(query: bytes) -> None:
    with pytest.raises(InvalidRequest, match="query parameter"):
        parse_query(query, Page)


def test_a_parameter_that_says_nothing_here_is_ignored() -> None:
    assert parse_query(b"what=ever&what=else&=&x", NoQuery) == NoQuery()
    assert parse_query(b"offset=3&session_id=x", Follow).offset == 3


def test_the_largest_number_is_taken() -> None:
    assert parse_query(b"limit=18446744073709551615", Page).limit == 2**64 - 1


def test_a_text_must_be_there_when_it_is_required() -> None:
    assert parse_query(b"path=a%20b+c%2Bd&session_id=%C3%BC", Target) == Target(path="a b c+d", session_id="ü")
    assert parse_query(b"path=", Target).path == ""
    with pytest.raises(InvalidRequest, match="missing query parameter: path"):
        parse_query(b"sessionId=s", Target)
    with pytest.raises(InvalidRequest, match="a query parameter is not UTF-8"):
        parse_query(b"path=%ff", Target)
