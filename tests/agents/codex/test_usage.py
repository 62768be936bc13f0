from __future__ import annotations

from typing import Any

from sandbox_agent.schema.events import Usage, UsageUpdated

from .chat import Chat


def count(total: int, given: int, cached: int, said: int) -> dict[str, Any]:
    last = {"inputTokens": given, "cachedInputTokens": cached, "outputTokens": said, "totalTokens": given + said}
    return {"total": {"totalTokens": total}, "last": last, "modelContextWindow": 1000}


def used(chat: Chat) -> UsageUpdated:
    return [event.data for event in chat.events if isinstance(event.data, UsageUpdated)][-1]


def test_calls_add_up_and_the_cache_is_apart() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(15, 10, 4, 5))
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(30, 10, 0, 5))
    assert used(chat).turn == Usage(input_tokens=16, output_tokens=10, cache_read_tokens=4)
    assert used(chat).context_window == 1000


def test_a_turn_counts_from_zero_and_the_session_goes_on() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(15, 10, 0, 5))
    chat.done()
    chat.send("again", number=2)
    chat.begun("turn-2")
    chat.told("thread/tokenUsage/updated", turnId="turn-2", tokenUsage=count(22, 5, 0, 2))
    assert used(chat).turn == Usage(input_tokens=5, output_tokens=2)
    assert used(chat).session == Usage(input_tokens=15, output_tokens=7)


def test_what_is_told_twice_or_of_an_older_turn_does_not_count() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/tokenUsage/updated", turnId="turn-0", tokenUsage=count(100, 90, 0, 10))
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(115, 10, 0, 5))
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(115, 10, 0, 5))
    assert used(chat).session == Usage(input_tokens=10, output_tokens=5)


def test_subagents_count_too() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(15, 10, 0, 5))
    chat.told("thread/tokenUsage/updated", threadId="child", turnId="turn-c", tokenUsage=count(3, 2, 0, 1))
    assert used(chat).turn == Usage(input_tokens=12, output_tokens=6)


def test_what_a_subagent_uses_after_its_turn_is_the_sessions_and_told_with_the_next() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/tokenUsage/updated", turnId="turn-1", tokenUsage=count(15, 10, 0, 5))
    chat.done()
    before = len(chat.events)
    chat.told("thread/tokenUsage/updated", threadId="child", turnId="turn-c", tokenUsage=count(3, 2, 0, 1))
    assert len(chat.events) == before
    chat.send("again", number=2)
    chat.begun("turn-2")
    chat.told("thread/tokenUsage/updated", turnId="turn-2", tokenUsage=count(22, 5, 0, 2))
    assert used(chat).turn == Usage(input_tokens=5, output_tokens=2)
    assert used(chat).session == Usage(input_tokens=17, output_tokens=8)
