from __future__ import annotations

import asyncio
from collections import deque

import pytest

from sandbox_agent.adapter import Exited, Spawn
from sandbox_agent.runtime.link import Link, LinkFailed
from sandbox_agent.runtime.links import open_link
from sandbox_agent.runtime.scripted import ScriptedLink
from sandbox_agent.runtime.settings import Settings

from .ear import Ear

pytestmark = pytest.mark.anyio
SETTINGS = Settings(mock_pace=0)


class Echo:
    """Says each word of what it was sent."""

    def __init__(self) -> None:
        self.words: deque[bytes] = deque()

    def send(self, data: bytes) -> None:
        if data == b"die":
            raise RuntimeError("sent to death")
        self.words += data.split()

    def next(self) -> bytes | None:
        if not self.words:
            return None
        if self.words[0] == b"crash":
            raise RuntimeError("out of words")
        return self.words.popleft() + b"\n"


async def connect(ear: Ear, settings: Settings = SETTINGS) -> Link:
    return await open_link(Spawn(link="scripted", peer=Echo), ear, settings)


@pytest.mark.parametrize("pace", [0, 0.001])
async def test_the_peer_is_asked_until_it_rests_and_again_after_the_next_message(pace: float) -> None:
    ear = Ear()
    link = await connect(ear, Settings(mock_pace=pace))
    link.send(b"one two")
    assert await ear.hear(2) == [b"one", b"two"]
    link.send(b"three")
    assert await ear.hear(3) == [b"one", b"two", b"three"]
    await link.close()


async def test_nothing_is_said_before_send_has_returned() -> None:
    ear = Ear()
    link = await connect(ear)
    link.send(b"one")
    assert ear.lines == []
    await ear.hear(1)
    await link.close()


async def test_a_message_sent_while_the_peer_speaks_is_answered_too() -> None:
    ear = Ear()
    link = await connect(ear)
    link.send(b"one two")
    await ear.hear(1)
    link.send(b"three")
    await ear.hear(3)
    await link.close()


async def test_a_paused_link_says_nothing_until_it_is_resumed() -> None:
    ear, other = Ear(), Ear()
    link, control = await connect(ear), await connect(other)
    link.pause()
    link.send(b"one two")
    control.send(b"one two three")
    await other.hear(3)
    assert ear.lines == []
    link.resume()
    await ear.hear(2)
    await link.close()
    await control.close()


async def test_close_ends_it_once_however_often_it_is_called() -> None:
    ear = Ear()
    link = await connect(ear)
    link.send(b"one two three")
    await ear.hear(1)
    await asyncio.gather(link.close(), link.close(grace=0))
    await link.close()
    link.send(b"late")
    link.noise(b"late")
    assert ear.exit == Exited(exit_code=0)
    assert len(ear.lines) < 4


async def test_close_right_after_opening_ends_it() -> None:
    ear = Ear()
    await (await connect(ear)).close()
    assert ear.exit == Exited(exit_code=0)


async def test_a_loop_that_goes_down_ends_it() -> None:
    ear = Ear()
    link = await connect(ear)
    assert isinstance(link, ScriptedLink)
    link._life.cancel()
    assert await ear.gone() == Exited(exit_code=0)


@pytest.mark.parametrize(("word", "reason"), [(b"die", "sent to death"), (b"one crash", "out of words")])
async def test_a_peer_that_breaks_is_an_agent_that_crashed(
    word: bytes, reason: str, capsys: pytest.CaptureFixture[str]
) -> None:
    ear = Ear()
    link = await connect(ear)
    link.send(word)
    exit = await ear.gone()
    assert exit.exit_code == 1
    assert reason in (exit.error or "")
    assert reason in capsys.readouterr().err
    await link.close()


async def test_a_peer_that_cannot_be_made_is_a_failed_link() -> None:
    def broken() -> Echo:
        raise ValueError("no script")

    with pytest.raises(LinkFailed, match="no script"):
        await open_link(Spawn(link="scripted", peer=broken), Ear(), SETTINGS)
    with pytest.raises(LinkFailed, match="peer"):
        await open_link(Spawn(link="scripted"), Ear(), SETTINGS)
