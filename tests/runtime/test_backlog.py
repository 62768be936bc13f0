from __future__ import annotations

import asyncio

import pytest

from sandbox_agent.runtime.backlog import Backlog, Waiting
from sandbox_agent.schema import api
from sandbox_agent.schema.commands import Attachment, SendMessage
from sandbox_agent.schema.errors import NotFound

pytestmark = pytest.mark.anyio


def waiting(number: int, *attachments: Attachment) -> Waiting:
    message = SendMessage(message_id=f"msg_{number}", text=f"text {number}")
    request = api.MessageRequest(message=f"text {number}", attachments=attachments)
    return Waiting(message, request, asyncio.get_running_loop().create_future())


def filled(count: int) -> tuple[Backlog, list[Waiting]]:
    backlog, entries = Backlog(), [waiting(number) for number in range(count)]
    for each in entries:
        backlog.add(each)
    return backlog, entries


async def test_the_first_message_is_the_first_taken() -> None:
    backlog, entries = filled(3)
    taken: list[Waiting] = []
    while backlog:
        taken.append(backlog.take())
    assert taken == entries
    assert not any(each.started.done() for each in entries)


async def test_a_withdrawn_message_is_gone_and_who_waits_for_it_is_told() -> None:
    backlog, (first, second, third) = filled(3)
    backlog.withdraw("msg_1")
    assert second.started.cancelled()
    assert [each.message_id for each in backlog.listing().messages] == ["msg_0", "msg_2"]
    assert not first.started.done()
    assert not third.started.done()


@pytest.mark.parametrize("message_id", ["msg_9", "", "msg_0"])
async def test_what_does_not_wait_cannot_be_withdrawn(message_id: str) -> None:
    backlog, _ = filled(2)
    backlog.take()
    with pytest.raises(NotFound, match=f"no queued message {message_id}"):
        backlog.withdraw(message_id)
    assert len(backlog.listing().messages) == 1


async def test_clearing_tells_everybody() -> None:
    backlog, entries = filled(3)
    backlog.clear()
    assert not backlog
    assert all(each.started.cancelled() for each in entries)
    backlog.clear()


async def test_the_listing_shows_messages_as_they_were_asked() -> None:
    backlog = Backlog()
    file = Attachment(path="a.txt")
    backlog.add(waiting(1, file))
    assert backlog.listing() == api.Queue(
        messages=(api.QueuedMessage(message_id="msg_1", message="text 1", attachments=(file,)),)
    )
