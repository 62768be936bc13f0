from __future__ import annotations

import pytest

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.asgi import ClientGone, Message
from sandbox_agent.server.body import decode_body, read_body

pytestmark = pytest.mark.anyio
JSON = [(b"content-type", b"application/json")]


async def read(*messages: Message, limit: int = 10, length: int | None = None) -> bytes:
    waiting = list(messages)

    async def receive() -> Message:
        return waiting.pop(0)

    headers = [] if length is None else [(b"content-length", b"%d" % length)]
    return await read_body(receive, headers, limit, 30)


def part(body: bytes, *, more: bool = True) -> Message:
    return {"type": "http.request", "body": body, "more_body": more}


async def test_a_body_is_joined_from_its_parts() -> None:
    assert await read(part(b"ab"), part(b"cd"), part(b"", more=False)) == b"abcd"


async def test_a_body_is_refused_as_soon_as_it_is_known_to_be_too_large() -> None:
    with pytest.raises(InvalidRequest) as announced:
        await read(length=11)
    with pytest.raises(InvalidRequest) as counted:
        await read(part(b"12345"), part(b"678901"))
    assert announced.value.status == counted.value.status == 413


async def test_a_body_of_just_the_limit_is_taken() -> None:
    assert await read(part(b"0123456789", more=False), length=10) == b"0123456789"


async def test_a_body_that_is_cut_is_nobodys_business() -> None:
    with pytest.raises(ClientGone):
        await read(part(b"{"), {"type": "http.disconnect"})


@pytest.mark.parametrize(
    "content_type", [b"application/json", b"Application/JSON; charset=utf-8", b"application/merge-patch+json"]
)
def test_json_by_any_name_is_decoded(content_type: bytes) -> None:
    body = decode_body(b'{"message":"x"}', [(b"content-type", content_type)], api.MessageRequest, optional=False)
    assert body == api.MessageRequest(message="x")


@pytest.mark.parametrize("content_type", [None, b"", b"text/plain", b"application/x-www-form-urlencoded", b"json"])
def test_any_other_type_is_415(content_type: bytes | None) -> None:
    headers = [] if content_type is None else [(b"content-type", content_type)]
    with pytest.raises(InvalidRequest) as refused:
        decode_body(b'{"message":"x"}', headers, api.MessageRequest, optional=False)
    assert refused.value.status == 415


@pytest.mark.parametrize(
    "data", [b"", b"nul", b"{", b'{"message":"x"} y', b'{"message":"\xff"}', b'{"message":"\\ud800"}', b"[" * 9999]
)
def test_what_is_not_json_is_400(data: bytes) -> None:
    with pytest.raises(InvalidRequest) as refused:
        decode_body(data, JSON, api.MessageRequest, optional=False)
    assert refused.value.status in {400, 422}
    with pytest.raises(InvalidRequest) as created:
        decode_body(data, JSON, api.CreateSessionRequest, optional=False)
    assert created.value.status == 400


def test_a_wrong_shape_is_422_and_says_where() -> None:
    with pytest.raises(InvalidRequest, match=r"\$\.attachments\[0\]\.path") as refused:
        decode_body(b'{"message":"x","attachments":[{"path":1}]}', JSON, api.MessageRequest, optional=False)
    assert refused.value.status == 422
    assert refused.value.hint == "see MessageRequest in /v1/openapi.json; required: message"


def test_a_body_may_be_left_out_where_nothing_is_required() -> None:
    assert decode_body(b"", [], api.InterruptRequest, optional=True) == api.InterruptRequest()
