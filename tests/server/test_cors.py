from __future__ import annotations

import pytest

from sandbox_agent.server.config import Cors
from sandbox_agent.server.cors import CorsPolicy, check_cors

PAGE = b"https://app.example"
REQUEST = [
    (b"origin", PAGE),
    (b"access-control-request-method", b"POST"),
    (b"access-control-request-headers", b"content-type,x-mine"),
]


def test_no_origin_is_allowed_by_default() -> None:
    names = [name for name, _value in CorsPolicy(Cors()).headers(REQUEST)]
    assert names == [b"vary"]


def test_an_allowed_origin_is_echoed() -> None:
    policy = CorsPolicy(Cors(origins=("https://app.example", "http://other.example")))
    assert (b"access-control-allow-origin", PAGE) in policy.headers(REQUEST)
    assert (b"access-control-expose-headers", b"sandbox-agent-log") in policy.headers(REQUEST)
    assert policy.headers([(b"origin", b"https://app.example.evil")]) == policy.headers([])


def test_all_methods_and_headers_are_allowed_by_default() -> None:
    headers = dict(CorsPolicy(Cors()).preflight(REQUEST).headers)
    assert headers == {b"access-control-allow-methods": b"*", b"access-control-allow-headers": b"*"}


def test_with_credentials_the_wish_is_mirrored() -> None:
    policy = CorsPolicy(Cors(origins=("https://app.example",), credentials=True))
    headers = dict([*policy.preflight(REQUEST).headers, *policy.headers(REQUEST)])
    assert headers[b"access-control-allow-methods"] == b"POST"
    assert headers[b"access-control-allow-headers"] == b"content-type,x-mine"
    assert headers[b"access-control-allow-credentials"] == b"true"


def test_named_methods_and_headers_are_joined() -> None:
    headers = dict(CorsPolicy(Cors(methods=("GET", "POST"), headers=("x-a", "x-b"))).preflight(REQUEST).headers)
    assert headers == {b"access-control-allow-methods": b"GET,POST", b"access-control-allow-headers": b"x-a,x-b"}


def test_a_star_lets_in_every_origin() -> None:
    assert (b"access-control-allow-origin", b"*") in CorsPolicy(Cors(origins=("*",))).headers(REQUEST)
    both = CorsPolicy(Cors(origins=("*",), credentials=True)).headers(REQUEST)
    assert (b"access-control-allow-origin", PAGE) in both


@pytest.mark.parametrize(
    "cors",
    [
        Cors(origins=("app.example",)),
        Cors(origins=("https://app.example/path",)),
        Cors(origins=("https://a b",)),
        Cors(methods=("GE T",)),
        Cors(headers=("x:y",)),
        Cors(headers=("",)),
    ],
)
def test_settings_that_cannot_work_are_named(cors: Cors) -> None:
    assert check_cors(cors)


def test_settings_that_work_are_not() -> None:
    cors = Cors(origins=("https://a.example:8080", "null", "*"), methods=("GET",), headers=("X-A",), credentials=True)
    assert check_cors(cors) is None
