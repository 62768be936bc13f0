from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

from sandbox_agent.testing import (
    FAKE_KEY,
    NO_MORE_REPLIES,
    ModelRequest,
    Script,
    ScriptedModel,
    call,
    cut,
    fail,
    flood,
    reply,
    say,
    stall,
    when,
)

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

pytestmark = pytest.mark.anyio
BOUND = 20


def body(prompt: str = "hi", *, streaming: bool = True, **more: Any) -> dict[str, Any]:
    return {"model": "m", "stream": streaming, "messages": [{"role": "user", "content": prompt}], **more}


async def ask(client: httpx.AsyncClient, prompt: str = "hi", session: str = "") -> httpx.Response:
    headers = {"x-claude-code-session-id": session} if session else {}
    return await client.post("/v1/messages?beta=true", json=body(prompt, streaming=False), headers=headers)


async def read_into(received: bytearray, client: httpx.AsyncClient) -> None:
    async with client.stream("POST", "/v1/messages", json=body()) as response:
        async for data in response.aiter_raw():
            received += data


def text(response: httpx.Response) -> str:
    return "".join(block["text"] for block in response.json()["content"])


@pytest.fixture
async def model() -> AsyncIterator[ScriptedModel]:
    async with asyncio.timeout(BOUND), ScriptedModel() as started:
        yield started


@pytest.fixture
async def client(model: ScriptedModel) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=model.url, timeout=BOUND, trust_env=False) as opened:
        yield opened


async def test_a_stream_arrives_as_server_sent_events(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("hello")])
    response = await client.post("/v1/messages", json=body())
    assert response.headers["content-type"].startswith("text/event-stream")
    assert response.text.startswith("event: message_start\ndata: {")
    assert response.text.endswith('event: message_stop\ndata: {"type":"message_stop"}\n\n')


async def test_without_stream_the_message_comes_whole(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("hello")])
    response = await ask(client)
    assert response.headers["content-type"] == "application/json"
    assert text(response) == "hello"
    assert response.json()["model"] == "m"


async def test_the_script_running_out_is_said_clearly(client: httpx.AsyncClient) -> None:
    assert text(await ask(client)) == NO_MORE_REPLIES


async def test_a_failure_has_status_body_and_retry_after(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([reply(fail(429, "slow down", retry_after=7), say("well"))])
    refused = await ask(client)
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "7")
    assert refused.json()["error"] == {"type": "rate_limit_error", "message": "slow down"}
    assert text(await ask(client)) == "well"


@pytest.mark.parametrize("how", ["event", "close", "reset"])
async def test_a_cut_breaks_the_stream_after_what_was_said(
    model: ScriptedModel, client: httpx.AsyncClient, how: Any
) -> None:
    model.play([reply(say("half", pace=0.01), cut(how), say("whole"))])
    received = bytearray()
    with pytest.raises(httpx.TransportError):
        await read_into(received, client)
    assert b"message_stop" not in received
    # A reset may overtake what is still on its way.
    assert how == "reset" or b'"text":"half"' in received
    assert text(await ask(client)) == "whole"


async def test_a_cut_at_the_start_gives_no_response(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([reply(cut(), say("whole"))])
    with pytest.raises(httpx.TransportError):
        await ask(client)
    assert text(await ask(client)) == "whole"


async def test_a_stall_holds_until_released(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([reply(say("before"), stall("gate"), say(" after"))])
    async with client.stream("POST", "/v1/messages", json=body()) as response:
        pieces = response.aiter_text()
        seen = ""
        while "before" not in seen:
            seen += await anext(pieces)
        assert "after" not in seen
        model.release("gate")
        rest = "".join([piece async for piece in pieces])
    assert "after" in rest
    assert rest.endswith('{"type":"message_stop"}\n\n')


async def test_a_release_that_comes_first_is_kept(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([reply(stall(), say("a")), reply(stall(seconds=0), say("b"))])
    model.release()
    assert [text(await ask(client)), text(await ask(client))] == ["a", "b"]


async def test_a_reader_that_leaves_disturbs_nobody(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([reply(say("before"), stall()), say("next")])
    async with client.stream("POST", "/v1/messages", json=body()) as response:
        await anext(response.aiter_raw())
    assert text(await ask(client)) == "next"


async def test_a_flood_arrives_whole(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([flood(20_000)])
    response = await client.post("/v1/messages", json=body())
    events = [msgspec.json.decode(line[6:]) for line in response.text.split("\n") if line.startswith("data: ")]
    texts = [event["delta"]["text"] for event in events if event["type"] == "content_block_delta"]
    assert [int(each.strip(". ")) for each in texts] == list(range(20_000))


async def test_sessions_play_side_by_side(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("all 1"), say("all 2")])
    model.play([reply(stall("slow"), say("own 1"))], session_id="own")
    held = asyncio.ensure_future(ask(client, session="own"))
    await model.wait_for_async(lambda request: request.session_id == "own")
    others = [text(await ask(client, session=session)) for session in ("x", "y", "x")]
    model.release("slow")
    assert (others, text(await held)) == (["all 1", "all 1", "all 2"], "own 1")


async def test_requests_are_kept_with_what_was_asked(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([when("SAY (.*)", say("$1"))])
    assert text(await ask(client, "SAY yes", session="s")) == "yes"
    (request,) = model.requests
    assert (request.prompt, request.session_id, request.stream) == ("SAY yes", "s", False)
    assert request.body == body("SAY yes", streaming=False)


async def test_waiting_finds_requests_of_the_past_and_of_the_future(
    model: ScriptedModel, client: httpx.AsyncClient
) -> None:
    waiting = asyncio.ensure_future(model.wait_for_async(lambda request: request.prompt == "two"))
    await ask(client, "one")
    await ask(client, "two")
    assert (await waiting).number == 2
    assert model.wait_for(lambda request: request.prompt == "one", timeout=0).number == 1


async def test_waiting_in_vain_ends(model: ScriptedModel) -> None:
    with pytest.raises(TimeoutError):
        model.wait_for(lambda _: True, timeout=0)
    with pytest.raises(TimeoutError):
        await model.wait_for_async(lambda _: True, timeout=0)


async def test_a_mistake_in_what_is_waited_for_reaches_the_waiter(
    model: ScriptedModel, client: httpx.AsyncClient
) -> None:
    def wrong(request: ModelRequest) -> bool:
        raise LookupError(request.prompt)

    waiting = asyncio.ensure_future(model.wait_for_async(wrong))
    assert text(await ask(client)) == NO_MORE_REPLIES
    with pytest.raises(LookupError):
        await waiting


async def test_a_chooser_may_use_the_model_and_its_mistakes_are_answered() -> None:
    def choose(request: ModelRequest) -> Any:
        if request.prompt == "wrong":
            raise LookupError("no such thing")
        served.play([say(f"{len(served.requests)} before")])

    async with (
        asyncio.timeout(BOUND),
        ScriptedModel(choose=choose) as served,
        httpx.AsyncClient(base_url=served.url, timeout=BOUND, trust_env=False) as client,
    ):
        assert text(await ask(client)) == "0 before"
        refused = await ask(client, "wrong")
        assert refused.status_code == 400
        assert "no such thing" in refused.json()["error"]["message"]


async def test_tool_ids_are_new_even_to_a_history_from_elsewhere(
    model: ScriptedModel, client: httpx.AsyncClient
) -> None:
    model.play([reply(call("A"), call("B"))])
    used = {"type": "tool_use", "id": "toolu_scripted_0002", "name": "A", "input": {}}
    asked = body(streaming=False)
    asked["messages"].append({"role": "assistant", "content": [used]})
    response = await client.post("/v1/messages", json=asked)
    assert [block["id"] for block in response.json()["content"]] == ["toolu_scripted_0001", "toolu_scripted_0003"]


async def test_chores_are_answered_without_the_script(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("the reply")])
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    config = {"format": {"type": "json_schema", "schema": schema}}
    titled = await client.post("/v1/messages", json=body(streaming=False, output_config=config))
    counted = await client.post("/v1/messages/count_tokens", json=body())
    assert msgspec.json.decode(text(titled)) == {"title": "scripted"}
    assert counted.json()["input_tokens"] > 0
    assert text(await ask(client)) == "the reply"
    assert [request.kind for request in model.chores] == ["structured", "count"]
    assert len(model.requests) == 1


async def test_what_clients_ask_around_the_messages_is_answered(client: httpx.AsyncClient) -> None:
    assert (await client.head("/")).status_code == 200
    listed = (await client.get("/v1/models")).json()
    assert all(entry["type"] == "model" for entry in listed["data"])
    name = listed["first_id"]
    assert (await client.get(f"/v1/models/{name}")).json()["id"] == name
    unknown = await client.post("/api/other", json={})
    assert (unknown.status_code, unknown.json()["error"]["type"]) == (404, "not_found_error")


@pytest.mark.parametrize("sent", [b"", b"{", b"[1]", b'"text"'])
async def test_a_body_that_is_no_object_is_refused(client: httpx.AsyncClient, sent: bytes) -> None:
    response = await client.post("/v1/messages", content=sent)
    assert (response.status_code, response.json()["error"]["type"]) == (400, "invalid_request_error")


async def test_closing_breaks_off_what_is_being_said() -> None:
    async with asyncio.timeout(BOUND), httpx.AsyncClient(timeout=BOUND, trust_env=False) as client:
        async with ScriptedModel([reply(say("before"), stall())]) as model:
            request = client.build_request("POST", f"{model.url}/v1/messages", json=body())
            response = await client.send(request, stream=True)
        with pytest.raises(httpx.TransportError):
            await response.aread()
        with pytest.raises(httpx.ConnectError):
            await client.head(model.url)


def test_the_model_runs_in_plain_threads_too() -> None:
    with ScriptedModel([say("hello")]) as model:
        response = httpx.post(f"{model.url}/v1/messages", json=body(streaming=False), trust_env=False, timeout=60)
    assert text(response) == "hello"
    model.close()


def test_the_environment_points_an_agent_to_loopback_with_a_fake_key() -> None:
    with ScriptedModel(Script()) as model:
        assert model.env["ANTHROPIC_BASE_URL"] == model.url
        assert model.url.startswith("http://127.0.0.1:")
        assert model.env["ANTHROPIC_API_KEY"] == FAKE_KEY
        assert model.env["CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC"] == "1"


def test_a_taken_port_is_an_error_of_start() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, pytest.raises(OSError, match="in use"):
        ScriptedModel(port=taken.getsockname()[1]).start()


async def test_the_same_script_is_said_on_each_api(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("one"), say("two")])
    assert text(await ask(client)) == "one"
    response = await client.post("/v1/chat/completions", json=body(streaming=False))
    assert response.json()["choices"][0]["message"]["content"] == "two"
    response = await client.post("/v1/chat/completions", json=body())
    assert response.text.endswith("data: [DONE]\n\n")
    assert NO_MORE_REPLIES[:10] in response.text


async def test_ids_of_calls_do_not_come_twice_in_one_conversation(
    model: ScriptedModel, client: httpx.AsyncClient
) -> None:
    model.play([call("bash"), call("bash")])
    earlier = {"role": "assistant", "content": "", "tool_calls": [{"id": "call_scripted_0001"}]}
    asked = {"model": "m", "messages": [earlier, {"role": "user", "content": "go"}]}
    response = await client.post("/v1/chat/completions", json=asked)
    assert response.json()["choices"][0]["message"]["tool_calls"][0]["id"] == "call_scripted_0002"


async def test_a_title_is_no_turn(model: ScriptedModel, client: httpx.AsyncClient) -> None:
    model.play([say("one")])
    messages = [{"role": "system", "content": "You are a title generator."}, {"role": "user", "content": "hi"}]
    response = await client.post("/v1/chat/completions", json={"model": "m", "messages": messages})
    assert response.json()["choices"][0]["message"]["content"] == "A scripted conversation"
    assert model.requests == ()
    assert [chore.kind for chore in model.chores] == ["title"]


async def test_a_refusal_has_the_shape_of_the_api_that_was_asked(
    model: ScriptedModel, client: httpx.AsyncClient
) -> None:
    model.play([fail(401, "no")])
    response = await client.post("/v1/chat/completions", json=body())
    assert response.status_code == 401
    assert response.json()["error"]["message"] == "no"
    response = await client.post("/v1/chat/completions", content=b"{")
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_the_environment_leads_opencode_to_this_model() -> None:
    with ScriptedModel() as model:
        config = msgspec.json.decode(model.env["OPENCODE_CONFIG_CONTENT"])
        assert config["provider"]["scripted"]["options"]["baseURL"] == f"{model.url}/v1"
        assert config["enabled_providers"] == ["scripted"]
