"""Agents that do not listen, and what they leave that holds on to their pipes."""

from __future__ import annotations

import asyncio

import psutil
import pytest

from sandbox_agent.schema.events import ErrorReported, PermissionResolved, SessionEnded, TurnEnded

from .house import Build, House, Watch, alive, eventually

pytestmark = pytest.mark.anyio

READY = "block = Block(); block.say(f'{os.getpid()} ready')"
BOUND = 20
"""Seconds, far above every deadline of the daemon: the machine may be busy."""


async def test_terminate_ends_an_agent_that_ignores_every_signal_it_can(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send(f"{READY}; deaf(*(set(range(1, 32)) - {{9, 19}}))")
        agent = Watch(int((await talk.hears(" ready")).split()[0]))
        async with asyncio.timeout(BOUND):
            await talk.post("/terminate")
        assert agent.alive == []
        await talk.nth(SessionEnded)
        assert talk.all(TurnEnded)[-1].reason == "terminated"


async def test_an_agent_that_is_deaf_to_an_interrupt_is_replaced(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send(f"{READY}; deaf(signal.SIGTERM, signal.SIGINT)")
        agent = Watch(int((await talk.hears(" ready")).split()[0]))
        native_id = talk.events[-1].native_session_id
        async with asyncio.timeout(BOUND):
            await talk.post("/interrupt")
            assert (await talk.nth(TurnEnded)).reason == "interrupted"
        assert agent.alive == []
        assert (await talk.turn("say(RESUMED)")).reason == "completed"
        assert talk.says[-1] == native_id


async def test_an_agent_that_is_deaf_from_the_start_is_replaced_after_an_interrupt(shared: House) -> None:
    (place := shared.home / "deaf").mkdir()
    (place / "start.py").write_text(
        "if not os.path.exists('once'):\n    open('once', 'w').close(); deaf(signal.SIGTERM)"
    )
    async with shared.talk(place) as talk:
        await talk.send("say('never')")
        await eventually((place / "once").exists, "the agent starts")
        async with asyncio.timeout(BOUND):
            await talk.post("/interrupt")
            assert (await talk.nth(TurnEnded)).reason == "interrupted"
            assert (await talk.turn("say('here')")).reason == "completed"
        assert talk.says == ["here"]
        assert talk.all(ErrorReported) == []


async def test_a_message_sent_right_after_the_interrupt_of_a_start_is_answered_too(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send("wait()")  # on a busy machine the interrupt may come only when it has started
        await talk.post("/interrupt")
        await talk.send("say('here')")
        await talk.nth(TurnEnded, 2)
        assert talk.says == ["here"]
        assert [data.reason for data in talk.all(TurnEnded)] == ["interrupted", "completed"]


async def test_a_good_agent_is_not_replaced_by_an_interrupt(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send(f"{READY}; wait()")
        pid = (await talk.hears(" ready")).split()[0]
        await talk.post("/interrupt")
        assert (await talk.nth(TurnEnded)).reason == "interrupted"
        await talk.turn("say(str(os.getpid()))")
        assert talk.says[-1] == pid


async def test_an_interrupt_with_a_permission_pending_leaves_nothing_pending(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send("signal.signal(signal.SIGTERM, signal.SIG_IGN); heard = lambda: deaf() or []; ask()")
        await talk.until(lambda: bool(talk.events) and talk.events[-1].type == "permission.requested")
        async with asyncio.timeout(BOUND):
            await talk.post("/interrupt")
            assert (await talk.nth(TurnEnded)).reason == "interrupted"
        assert len(talk.all(PermissionResolved)) == 1
        assert (await talk.turn("say('on')")).reason == "completed"


@pytest.mark.parametrize("keep", [(1,), (1, 2), (0, 1, 2)], ids=str)
async def test_a_grandchild_that_keeps_the_pipes_does_not_keep_the_turn(shared: House, keep: tuple[int, ...]) -> None:
    async with shared.talk() as talk:
        ended = await talk.turn(f"say(f'{{orphan(*{keep})}}'); os._exit(4)")
        assert (ended.reason, ended.exit_code) == ("agent_exited", 4)
        assert not alive(int(talk.says[-1]))
        assert (await talk.turn("say('on')")).reason == "completed"


async def test_a_grandchild_that_goes_on_printing_is_not_heard_for_ever(shared: House) -> None:
    code = "if os.fork() == 0:\n    os.setsid()\n    while True: raw(b'noise\\n' * 500)\nsay('mine'); os._exit(0)"
    async with shared.talk() as talk:
        ended = await talk.turn(code)
        assert (ended.reason, ended.exit_code) == ("agent_exited", 0)
        assert (await talk.turn("say('on')")).reason == "completed"
        # Something short-lived may run beside them for a moment, for the diff of the session.
        await eventually(lambda: len(shared.processes()) == 2, "only the guardian and the agent are left")


async def test_a_stopped_agent_goes_on_where_it_was(shared: House) -> None:
    async with shared.talk() as talk:
        await talk.send(f"{READY}; time.sleep(0.05); block.flood(2000); block.end()")
        agent = psutil.Process(int((await talk.hears(" ready")).split()[0]))
        agent.suspend()
        await eventually(lambda: agent.status() == psutil.STATUS_STOPPED, "the agent is stopped")
        response = await talk.http.get(talk.path)
        assert response.json()["state"] == "running"
        agent.resume()
        assert (await talk.nth(TurnEnded)).reason == "completed"
        assert talk.says[-1].endswith("".join(f"{number} " for number in range(2000)))


@pytest.mark.parametrize("how", ["interrupt", "terminate"])
async def test_a_stopped_agent_can_be_interrupted_and_terminated(shared: House, how: str) -> None:
    async with shared.talk() as talk:
        await talk.send(f"{READY}; deaf()")
        pid = int((await talk.hears(" ready")).split()[0])
        agent = Watch(pid)
        psutil.Process(pid).suspend()
        async with asyncio.timeout(BOUND):
            await talk.post(f"/{how}")
            assert (await talk.nth(TurnEnded)).reason == {"interrupt": "interrupted", "terminate": "terminated"}[how]
        assert agent.alive == []


async def test_an_agent_that_reads_nothing_keeps_nobody_waiting(build: Build) -> None:
    house = build()
    async with house.talk() as talk:
        await talk.send(f"{READY}; deaf()")
        await talk.hears(" ready")
        for _ in range(3):
            await talk.send("# " + "x" * 2**22)
        assert len((await talk.http.get(f"{talk.path}/queue")).json()["messages"]) == 3
        async with asyncio.timeout(BOUND):
            await talk.post("/terminate")
    assert house.agents() == []
