"""When the model's API fails, the turn says why and the session goes on."""

from __future__ import annotations

import pytest

from sandbox_agent.agents.opencode.adapter import RETRIES
from sandbox_agent.schema.content import StatusPart
from sandbox_agent.testing import cut, fail, say

from .desk import OpenDesk

pytestmark = pytest.mark.anyio

CODES = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "context_window_exceeded",
}


@pytest.mark.proves("error events")
@pytest.mark.parametrize("status", CODES)
async def test_an_error_of_the_model_has_a_code_and_ends_the_turn(desk: OpenDesk, status: int) -> None:
    await desk.keep()
    async with desk.talk([fail(status, "not so", times="always")]) as talk:
        assert (await talk.turn("go")).reason == "error"
        (error,) = talk.errors
        assert error.code == CODES[status]
        assert error.message
        assert error.details is not None
        assert error.details.get("status", 413) == status
        talk.model.play([say("fresh")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


@pytest.mark.parametrize("status", [429, 500, 529])
async def test_a_retry_that_helps_is_a_status_and_no_error(desk: OpenDesk, status: int) -> None:
    await desk.keep()
    async with desk.talk([[fail(status, "too busy", retry_after=0, times=2), say("at last")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.errors == []
        assert talk.says == ["at last"]
        retries = [part for item in talk.of("status") for part in item.content if isinstance(part, StatusPart)]
        assert [part.label for part in retries] == ["retry", "retry"]
        assert (retries[0].detail or "").startswith(f"attempt 1 of {RETRIES}: ")


async def test_retries_come_to_an_end(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([fail(429, "too busy", retry_after=0, times="always")]) as talk:
        assert (await talk.turn("go")).reason == "error"
        (error,) = talk.errors
        assert (error.code, error.message) == ("rate_limited", "too busy")
        assert talk.labels.count("retry") == RETRIES
        talk.model.play([say("fresh")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


async def test_a_broken_stream_is_said_again(desk: OpenDesk) -> None:
    await desk.keep()
    async with desk.talk([[say("half of it"), cut("reset"), say("all of it")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        if talk.says[-1] == "half of it":  # on a busy machine its HTTP client may take the reset for an end
            await talk.turn("again")
        assert talk.says[-1] == "all of it"


@pytest.mark.parametrize(
    ("options", "code"),
    [
        ({"model": "scripted/none"}, "model_not_found"),
        ({"model": "nobody/first"}, "model_not_found"),
        ({"model": "first"}, "model_not_found"),
    ],
)
async def test_a_model_that_is_not_there_is_an_error(desk: OpenDesk, options: dict[str, str], code: str) -> None:
    await desk.keep()
    async with desk.talk([say("never")], **options) as talk:
        assert (await talk.turn("go")).reason == "error"
        (error,) = talk.errors
        assert error.code == code
        assert "not found" in error.message
        assert (await talk.turn("again")).reason == "error"
        assert len(talk.errors) == 2
