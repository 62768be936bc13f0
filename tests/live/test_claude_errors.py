"""When the model's API fails, the turn says why and the session goes on."""

from __future__ import annotations

import pytest

from sandbox_agent.schema.content import StatusPart
from sandbox_agent.testing import cut, fail, say

from .conftest import Daemons
from .daemon import Desk

pytestmark = pytest.mark.anyio

CODES = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limited",
    500: "server_error",
    529: "overloaded",
}
RETRIED = {401, 429, 500, 529}


@pytest.mark.proves("error events")
@pytest.mark.parametrize("status", CODES)
async def test_an_error_of_the_model_has_a_code_and_ends_the_turn(desk: Desk, status: int) -> None:
    async with desk.talk([fail(status, times="always")]) as talk:
        ended = await talk.turn("go")
        assert ended.reason == "error"
        (error,) = talk.errors
        assert error.code == CODES[status]
        assert error.message
        assert error.details == {"status": status}
        assert ("retry" in talk.labels) == (status in RETRIED)
        assert talk.of("message", "assistant") == []
        talk.model.play([say("fresh")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_a_retry_that_helps_is_a_status_and_no_error(desk: Desk) -> None:
    async with desk.talk([[fail(529), say("at last")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.errors == []
        assert talk.says == ["at last"]
        (retry,) = [part for item in talk.of("status") for part in item.content if isinstance(part, StatusPart)]
        assert retry.label == "retry"
        assert (retry.detail or "").endswith("overloaded (529)")


async def test_a_broken_stream_is_said_again(desk: Desk) -> None:
    async with desk.talk([[say("half of it"), cut(), say("all of it")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        texts = [(said, item.status) for said, item in zip(talk.says, talk.of("message", "assistant"), strict=True)]
        assert texts[-1] == ("all of it", "completed")
        assert all(status == "failed" for _, status in texts[:-1])


async def test_a_refused_connection(desk: Desk, daemons: Daemons) -> None:
    nowhere = daemons(ANTHROPIC_BASE_URL="http://127.0.0.1:9", CLAUDE_CODE_MAX_RETRIES="0")
    async with desk.at(nowhere).talk() as talk:
        assert (await talk.turn("go")).reason == "error"
        assert [error.code for error in talk.errors] == ["connection_failed"]


async def test_no_key(desk: Desk, daemons: Daemons) -> None:
    async with desk.at(daemons(ANTHROPIC_API_KEY="")).talk() as talk:
        assert (await talk.turn("go")).reason == "error"
        assert [error.code for error in talk.errors] == ["not_logged_in"]
