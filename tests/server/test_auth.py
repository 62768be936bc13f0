from __future__ import annotations

import base64

import pytest

from sandbox_agent.schema.errors import PermissionDenied, TokenInvalid
from sandbox_agent.server.auth import Guard
from sandbox_agent.server.config import Cors, ServerSettings

TOKEN = "s\u00e9cret>?token"  # in Basic form its base64 differs between the two alphabets


def b64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def url64(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode()


def check(authorization: str | None) -> None:
    headers = [] if authorization is None else [(b"authorization", authorization.encode())]
    Guard(ServerSettings(token=TOKEN)).check_token(headers)


@pytest.mark.parametrize(
    "authorization",
    [
        f"Bearer {TOKEN}",
        f"bearer {TOKEN}",
        f"TOKEN   {TOKEN} ",
        f"Basic {b64('user:' + TOKEN)}",
        f"basic {b64(':' + TOKEN)}",
        f"Basic {b64(TOKEN)}",
        f"Basic {url64('user:' + TOKEN)}",
        f"Basic {url64('user:' + TOKEN).rstrip('=')}",
    ],
)
def test_every_form_of_the_token_is_taken(authorization: str) -> None:
    check(authorization)


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        TOKEN,
        "Bearer",
        "Bearer ",
        f"Bearer {TOKEN}x",
        f"Bearer {TOKEN[:-1]}",
        f"Digest {TOKEN}",
        f"Basic {b64('user:wrong')}",
        f"Basic {b64(TOKEN + ':')}",
        "Basic !!!",
        "Basic A",
        "Basic \u00fc",
    ],
)
def test_anything_else_is_refused(authorization: str | None) -> None:
    with pytest.raises(TokenInvalid) as refused:
        check(authorization)
    assert refused.value.details == {"message": "missing or invalid token"}


def local(host: str | None, origin: str | None = None, /, **settings: object) -> None:
    headers = [(b"host", host.encode())] if host is not None else []
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    Guard(ServerSettings(**settings)).check_local(headers)  # type: ignore[arg-type]


@pytest.mark.parametrize("host", [None, "localhost", "LOCALHOST:2468", "127.0.0.1:1", "[::1]", "[::1]:2468"])
def test_names_of_this_machine_are_taken(host: str | None) -> None:
    local(host)


def test_the_name_it_was_bound_to_is_taken() -> None:
    local("127.0.0.2:2468", host="127.0.0.2")
    local("[::ffff:127.0.0.1]:80", host="::ffff:127.0.0.1")


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:2468", "localhost.evil.example", "", "127.0.0.1.nip.io"]
)
def test_a_rebound_name_is_refused(host: str) -> None:
    with pytest.raises(PermissionDenied):
        local(host)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:3000"])
def test_a_page_of_another_origin_is_refused(origin: str) -> None:
    with pytest.raises(PermissionDenied):
        local("localhost:2468", origin)


def test_our_own_page_and_allowed_ones_are_taken() -> None:
    local("localhost:2468", "http://localhost:2468")
    local("localhost:2468", "https://app.example", cors=Cors(origins=("https://app.example",)))
    local("localhost:2468", "https://app.example", cors=Cors(origins=("*",)))


def test_with_a_token_or_beyond_loopback_any_name_will_do() -> None:
    local("evil.example", "https://evil.example", token="t")
    local("box.example", "https://evil.example", loopback=False)
