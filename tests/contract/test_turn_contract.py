"""The turn contract, rule by rule, as a client sees it over HTTP: what every session shows, whatever its agent does.

The real agents keep the same rules in `tests/live/`; the orders of events are a table, `schema/grammar.py`.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.contract.answering import asked_both, of, types
from tests.contract.shells import Brief, Family
from tests.runtime.parrot import ParrotAdapter, SteerableAdapter, agent

from sandbox_agent.adapter import Exited, Output
from sandbox_agent.agents import AGENTS

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"
PARROT = {"parrot": agent(), "mock": AGENTS["mock"]}


# 1. A turn ends once, with a reason

REASONS: dict[str, tuple[str, str | None]] = {
    "completed": ("hello", None),
    "interrupted": ("slow 100000", "interrupt"),
    "terminated": ("slow 100000", "terminate"),
    "agent_exited": ("crash", None),
}


@pytest.mark.parametrize("reason", REASONS)
async def test_1_a_turn_ends_once_with_a_reason(serve: Any, reason: str) -> None:
    async with serve(pace=0.001) as running:
        message, stop = REASONS[reason]
        await running.create()
        await running.say(message)
        if stop is not None:
            await running.until("item.delta")
            assert (await running.client.post(f"{ONE}/{stop}")).status_code == 204
        await running.until("turn.ended")
        (started, ended) = of(await running.events(), "turn.started", "turn.ended")
        assert (started["phase"], ended["phase"]) == ("started", "ended")
        assert (ended["turn_id"], ended["reason"]) == (started["turn_id"], reason)


async def test_1_a_turn_that_ends_in_an_error_has_said_which_before(running: Any) -> None:
    await running.create()
    await running.say("error")
    await running.until("turn.ended")
    told = types(await running.events())
    assert told.index("error") < told.index("turn.ended")


# 2. Nothing stays open


@pytest.mark.parametrize("stop", ["interrupt", "terminate"])
@pytest.mark.parametrize("asked", ["permission", "question"])
async def test_2_requests_are_refused_by_the_daemon_when_their_turn_ends(running: Any, asked: str, stop: str) -> None:
    await running.create()
    await asked_both(running, asked)
    await running.client.post(f"{ONE}/{stop}")
    await running.until("turn.ended")
    events = await running.events()
    resolved = [event for event in events if event["type"] == f"{asked}.resolved"]
    assert len(resolved) == len(of(events, f"{asked}.requested")) == 2
    for event in resolved:
        assert (event["synthetic"], event["source"]) == (True, "daemon")
        assert event["data"]["status"] in {"reject", "rejected"}
        assert event["sequence"] < types(events).index("turn.ended") + 1


@pytest.mark.parametrize("stop", ["interrupt", "terminate"])
async def test_2_an_open_item_is_failed_with_what_it_had_said(serve: Any, stop: str) -> None:
    async with serve(pace=0.001) as running:
        await running.create()
        await running.say("slow 100000")
        await running.until("item.delta")
        await running.client.post(f"{ONE}/{stop}")
        await running.until("turn.ended")
        events = await running.events()
        item = of(events, "item.completed")[-1]["item"]
        assert item["status"] == "failed"
        assert item["content"][0]["text"] == "".join(data["delta"] for data in of(events, "item.delta"))


async def test_2_a_late_message_of_an_ended_turn_is_an_item_and_opens_no_turn(serve: Any) -> None:
    async with serve(agents=PARROT) as running:
        await running.create(agent="parrot")
        await running.say('{"end":"completed"}|{"text":"late"}')
        await running.until("item.completed")
        told = types(await running.events())
        assert told == ["session.started", "turn.started", "turn.ended", "item.started", "item.delta", "item.completed"]
        assert (await running.client.get(ONE)).json()["state"] == "idle"


# 3. One turn at a time


async def busy(running: Any, name: str = "mock") -> None:
    """A turn that runs until it is answered or stopped."""
    await running.create(agent=name)
    await running.turn("question") if name == "mock" else await running.say("?")


async def test_3_queue_is_the_default_and_runs_next_in_order(running: Any) -> None:
    await busy(running)
    for text in ("one", "two"):
        assert (await running.say(text)).status_code == 204
    assert (await running.say("three", delivery="queue")).json()["delivery"] == "queued"
    waiting = (await running.client.get(f"{ONE}/queue")).json()["messages"]
    assert [each["message"] for each in waiting] == ["one", "two", "three"]
    await running.client.post(f"{ONE}/interrupt")
    async with running.patience():
        while len(of(events := await running.events(), "turn.ended")) < 4:
            await running.sessions.get("s").log.wait(events[-1]["sequence"])
    said = [data["item"]["content"][0]["text"] for data in of(events, "item.completed")]
    assert said == ["question", "one", "one", "two", "two", "three", "three"]
    assert [kind for kind in types(events) if kind.startswith("turn.")] == ["turn.started", "turn.ended"] * 4


@pytest.mark.parametrize(("adapter", "became"), [(SteerableAdapter, "steered"), (ParrotAdapter, "queued")])
async def test_3_steer_where_the_agent_can_and_otherwise_it_is_queued_and_said(
    serve: Any, adapter: type[ParrotAdapter], became: str
) -> None:
    async with serve(agents={"parrot": agent(adapter)}) as running:
        await busy(running, "parrot")
        answer = await running.say('{"text":"x"}|{"end":"completed"}', delivery="steer")
        assert (answer.status_code, answer.json()["delivery"]) == (200, became)
        if became == "queued":
            await running.client.post(f"{ONE}/interrupt")
        await running.until("item.completed")
        turns = 1 if became == "steered" else 2
        assert len(of(await running.events(), "turn.started")) == turns


async def test_3_reject_is_409_session_busy_and_leaves_nothing_in_the_queue(running: Any) -> None:
    await busy(running)
    answer = await running.say("x", delivery="reject")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:sandbox-agent:error:session_busy")
    assert (await running.client.get(f"{ONE}/queue")).json() == {"messages": []}


async def test_3_queued_messages_are_withdrawn_one_by_one_or_all(running: Any) -> None:
    await busy(running)
    first = (await running.say("one", delivery="queue")).json()["messageId"]
    await running.say("two")
    assert (await running.client.delete(f"{ONE}/queue/{first}")).status_code == 204
    left = (await running.client.get(ONE)).json()["queue"]
    assert [each["message"] for each in left] == ["two"]
    assert (await running.client.delete(f"{ONE}/queue")).status_code == 204
    assert (await running.client.get(f"{ONE}/queue")).json() == {"messages": []}


@pytest.mark.parametrize(("body", "turns"), [({}, 2), ({"clearQueue": False}, 2), ({"clearQueue": True}, 1)], ids=str)
async def test_3_an_interrupt_keeps_the_queue_unless_clear_queue(
    running: Any, body: dict[str, bool], turns: int
) -> None:
    await busy(running)
    await running.say("waits")
    await running.client.post(f"{ONE}/interrupt", json=body)
    async with running.patience():
        while (await running.client.get(ONE)).json()["state"] != "idle":
            continue
    assert len(of(await running.events(), "turn.ended")) == turns


# 4. Interrupt is not terminate


async def test_4_after_an_interrupt_the_session_is_usable(running: Any) -> None:
    await busy(running)
    assert (await running.client.post(f"{ONE}/interrupt")).status_code == 204
    await running.until("turn.ended")
    assert (await running.turn("hello"))[-1]["data"]["reason"] == "completed"


async def test_4_an_interrupt_at_rest_is_204_and_no_event(running: Any) -> None:
    await running.create()
    assert (await running.client.post(f"{ONE}/interrupt")).status_code == 204
    assert types(await running.events()) == ["session.started"]


# 5. A session outlives its process


async def test_5_a_crash_ends_the_turn_with_its_exit_code_and_the_next_message_is_answered(running: Any) -> None:
    await running.create()
    await running.say("crash")
    ended = (await running.until("turn.ended"))["data"]
    assert (ended["reason"], ended["exit_code"]) == ("agent_exited", 3)
    assert (await running.turn("hello"))[-1]["data"]["reason"] == "completed"
    info = (await running.client.get(ONE)).json()
    assert (info["ended"], info["state"], info["nativeSessionId"]) == (False, "idle", "mock-s")


async def test_5_a_process_that_exits_0_at_rest_is_no_event_and_the_next_message_starts_another(serve: Any) -> None:
    exits: asyncio.Queue[int | None] = asyncio.Queue()

    class Noticed(Brief):
        def exited(self, exit: Exited) -> Iterable[Output]:
            exits.put_nowait(exit.exit_code)
            return super().exited(exit)

    async with serve(agents={"parrot": agent(Noticed)}) as running:
        await running.create(agent="parrot")
        for _ in range(2):
            assert (await running.turn("anything"))[-1]["data"]["reason"] == "completed"
            async with running.patience():
                assert await exits.get() == 0
        one_turn = ["turn.started", "item.started", "item.delta", "item.completed", "turn.ended"]
        assert types(await running.events()) == ["session.started", *one_turn, *one_turn]
        assert (await running.client.get(ONE)).json()["ended"] is False


@pytest.mark.parametrize(
    ("way", "reason", "by"),
    [("terminate", "terminated", "daemon"), ("an agent that says so", "completed", "agent")],
)
async def test_5_session_ended_comes_from(running: Any, way: str, reason: str, by: str) -> None:
    await running.create()
    await running.client.post(f"{ONE}/terminate") if way == "terminate" else await running.say("end")
    ended = (await running.until("session.ended"))["data"]
    assert (ended["reason"], ended["terminated_by"]) == (reason, by)
    assert (await running.client.get(ONE)).json()["ended"] is True


async def test_5_session_ended_comes_from_delete_as_the_last_event_of_its_streams(running: Any) -> None:
    await running.create()
    frames = running.stream(f"{ONE}/events/sse")
    await anext(frames)
    assert (await running.client.delete(ONE)).status_code == 204
    rest = [json.loads(data)["type"] async for _, data in frames]
    assert rest == ["session.ended"]
    assert (await running.client.get(ONE)).status_code == 404


# 6. Terminate means gone


async def test_6_after_terminate_no_process_is_alive_and_no_event_follows(serve: Any, tmp_path: Path) -> None:
    async with serve(agents={"parrot": agent(Family)}) as running:
        await running.create(agent="parrot")
        await running.say("anything")
        await running.until("item.completed")
        family = [psutil.Process(int(number)) for number in (tmp_path / "family").read_text().split()]
        assert len(family) == 3
        assert (await running.client.post(f"{ONE}/terminate")).status_code == 204
        assert [each.pid for each in family if each.is_running() and each.status() != psutil.STATUS_ZOMBIE] == []
        events = await running.events()
        assert types(events)[-2:] == ["turn.ended", "session.ended"]
        assert (await running.client.post(f"{ONE}/terminate")).status_code == 204
        assert await running.events() == events
