"""When the model's API fails, the turn says why and the session goes on."""

from __future__ import annotations

import pytest
from tests.live.conftest import Daemons

from sandbox_agent.testing import cut, fail, say

from .conftest import CodexDesk

pytestmark = pytest.mark.anyio

CODES = {
    400: "invalid_request",
    401: "authentication_failed",
    403: "permission_denied",
    404: "model_not_found",
    413: "request_too_large",
    429: "rate_limited",
    500: "server_error",
    503: "overloaded",
}


@pytest.mark.proves("error events")
@pytest.mark.parametrize("status", CODES)
async def test_an_error_of_the_model_has_a_code_and_ends_the_turn(desk: CodexDesk, status: int) -> None:
    async with desk.talk([fail(status, "it failed", times="always")]) as talk:
        ended = await talk.turn("go")
        assert ended.reason == "error"
        (error,) = talk.errors
        assert error.code == CODES[status]
        assert error.message
        assert talk.of("message", "assistant") == []
        talk.model.play([say("fresh")])
        assert (await talk.turn("again")).reason == "completed"
        assert talk.says == ["fresh"]


@pytest.mark.parametrize(
    ("status", "code"),
    [(402, "usage_limit"), (413, "context_window_exceeded"), (429, "rate_limited"), (503, "overloaded")],
)
async def test_an_error_within_the_stream_has_a_code(desk: CodexDesk, status: int, code: str) -> None:
    async with desk.talk([[say("half"), fail(status, "it failed", times="always")]]) as talk:
        assert (await talk.turn("go")).reason == "error"
        assert [error.code for error in talk.errors] == [code]


async def test_a_retry_that_helps_is_a_status_and_no_error(desk: CodexDesk) -> None:
    async with desk.talk([[cut("close"), say("at last")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert talk.errors == []
        assert talk.says == ["at last"]


async def test_a_broken_stream_is_said_again(desk: CodexDesk) -> None:
    async with desk.talk([[say("half of it"), cut(), say("all of it")]]) as talk:
        assert (await talk.turn("go")).reason == "completed"
        texts = [(said, item.status) for said, item in zip(talk.says, talk.of("message", "assistant"), strict=True)]
        assert texts[-1] == ("all of it", "completed")
        assert "retry" in talk.labels
        assert talk.errors == []


async def test_without_a_network_codex_waits_and_says_so_until_it_is_interrupted(
    desk: CodexDesk, daemons: Daemons
) -> None:
    nowhere = daemons(OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    async with desk.at(nowhere).talk() as talk:
        await talk.send("go")
        await talk.reads(lambda: "retry" in talk.labels)
        await talk.interrupt()
        assert (await talk.ended()).reason == "interrupted"
        assert talk.errors == []


async def test_a_network_that_does_not_come_ends_the_turn_with_an_error(desk: CodexDesk, daemons: Daemons) -> None:
    """Takes as long as Codex waits between its tries, 35 s."""
    nowhere = daemons(OPENAI_BASE_URL="http://127.0.0.1:9/v1")
    async with desk.at(nowhere).talk() as talk:
        assert (await talk.turn("go")).reason == "error"
        assert [error.code for error in talk.errors] == ["connection_failed"]
        assert "retry" in talk.labels


async def test_a_model_that_codex_does_not_know_is_a_warning(desk: CodexDesk) -> None:
    async with desk.talk([say("hm")], model="nobody-knows") as talk:
        assert (await talk.turn("go")).reason == "completed"
        assert "warning" in talk.labels


async def test_a_configuration_that_codex_refuses_ends_the_turn_with_its_reason(
    desk: CodexDesk, daemons: Daemons
) -> None:
    broken = daemons(MARK="broken")
    broken.home.joinpath(".codex").mkdir(exist_ok=True)
    config = broken.home / ".codex" / "config.toml"
    config.write_text("model = [")
    async with desk.at(broken).talk([say("fresh")]) as talk:
        assert (await talk.turn("go")).reason == "error"
        (error,) = talk.errors
        assert error.code == "agent_start_failed"
        assert "config.toml" in error.message
        config.write_text(desk.config)
        assert (await talk.turn("again")).reason == "completed"
