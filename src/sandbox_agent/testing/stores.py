"""What every store must do: the suite for authors of stores.

    @pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
    def test_my_store_keeps_the_contract(contract, tmp_path):
        contract(lambda: MyStore(tmp_path / "events"))

A contract is given a function that opens the store; it opens it more than once, and each time the same events must be
there. It raises AssertionError when the store breaks it. Each contract wants a place of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TypeAlias

from sandbox_agent.schema.content import Item, TextPart
from sandbox_agent.schema.errors import StoreFailed
from sandbox_agent.schema.events import Event, EventData, ItemCompleted, ItemDelta, Unknown
from sandbox_agent.stores.base import Store, read

__all__ = ["CONTRACTS", "Contract", "OpenStore", "sample"]

OpenStore: TypeAlias = Callable[[], Store]
Contract: TypeAlias = Callable[[OpenStore], None]

_ODD = "\u2028 ü 😀 \x00 ' \" \\ %s {} $1 \x7f"


def events_are_there_after_the_store_is_opened_again(opened: OpenStore) -> None:
    """What was appended outlives the object."""
    with closing(opened()) as store:
        store.append("s", "log", sample(1, 2))
        store.append("s", "log", sample(3))
    with closing(opened()) as store:
        _same(store.events("s", "log"), sample(1, 2, 3))
        _same([store.last("s", "log")], [3])


def each_event_is_there_once(opened: OpenStore) -> None:
    """Repeating what is there changes nothing, also together with what is new."""
    with closing(opened()) as store:
        store.append("s", "log", sample(1, 2))
        store.append("s", "log", sample(1, 2))
        store.append("s", "log", sample(2, 3, 4))
        store.append("s", "log", ())
        _same(store.events("s", "log"), sample(1, 2, 3, 4))


def what_is_there_stays_as_it_was(opened: OpenStore) -> None:
    """The first of two events of one sequence is the one that counts."""
    with closing(opened()) as store:
        store.append("s", "log", [_event(1, ItemDelta(item_id="i", delta="first"))])
        store.append("s", "log", [_event(1, ItemDelta(item_id="i", delta="second"))])
        _same(store.events("s", "log"), [_event(1, ItemDelta(item_id="i", delta="first"))])


def a_gap_is_refused_and_changes_nothing(opened: OpenStore) -> None:
    """Neither between what is there and what comes, nor within what comes."""
    with closing(opened()) as store:
        _refused(store, "empty", sample(2))
        _same(store.sessions(), [])
        store.append("s", "log", sample(1))
        for gap in ((3,), (2, 4), (1, 2, 4)):
            _refused(store, "s", sample(*gap))
            _same(store.events("s", "log"), sample(1))


def logs_of_one_session_do_not_mix(opened: OpenStore) -> None:
    """A session id that is used again begins a log of its own; the newest is what is read without asking for one."""
    with closing(opened()) as store:
        store.append("s", "old", sample(1, 2, 3))
        store.append("s", "new", [_event(1, ItemDelta(item_id="i", delta="anew"))])
        store.append("s", "old", sample(4))
        _same(store.logs("s"), ["old", "new"])
        _same([store.last("s", "old"), store.last("s", "new"), store.last("s", "none")], [4, 1, 0])
        _same(store.events("s"), [_event(1, ItemDelta(item_id="i", delta="anew"))])
        _same(store.events("s", "old"), sample(1, 2, 3, 4))


def sessions_do_not_mix(opened: OpenStore) -> None:
    """Not even when their logs have the same name."""
    with closing(opened()) as store:
        store.append("b", "log", sample(1, 2))
        store.append("a", "log", sample(1))
        store.append(_ODD.replace("\x00", ""), "log", sample(1))
        _same(store.sessions(), ["b", "a", _ODD.replace("\x00", "")])
        _same(store.events("a"), sample(1))
        _same((store.events("nobody"), store.logs("nobody"), store.last("nobody", "log")), ((), (), 0))


def pages_are_cut_by_offset_and_limit(opened: OpenStore) -> None:
    """And `read` joins them again."""
    with closing(opened()) as store:
        store.append("s", "log", sample(*range(1, 2502)))
        _same(store.events("s", "log", offset=2, limit=3), sample(3, 4, 5))
        _same(store.events("s", offset=2499), sample(2500, 2501))
        _same(store.events("s", limit=0) + store.events("s", offset=2501), ())
        _same([event.sequence for event in read(store, "s", offset=1)], list(range(2, 2502)))
        _same(list(read(store, "nobody")), [])


def every_event_comes_back_as_it_was(opened: OpenStore) -> None:
    """Whatever characters are in it, and also when this version does not know its type."""
    item = Item(item_id="i", kind="message", role="assistant", status="completed", content=(TextPart(text=_ODD * 50),))
    kept = [
        _event(1, ItemDelta(item_id="i", delta=_ODD)),
        _event(2, ItemCompleted(item=item)),
        _event(3, Unknown(data={"new": [1, {"thing": _ODD}]})),
        _event(4, ItemDelta(item_id="i", delta="x"), raw={"native": [None, 1.5, _ODD]}),
        _event(5, ItemDelta(item_id="i", delta="😀" * 300_000)),
    ]
    with closing(opened()) as store:
        store.append("s", "log", kept)
        _same(store.events("s", "log"), kept)


def a_session_can_be_forgotten(opened: OpenStore) -> None:
    """With all its logs; the others stay."""
    with closing(opened()) as store:
        store.append("s", "one", sample(1))
        store.append("s", "two", sample(1))
        store.append("other", "one", sample(1))
        store.delete("s")
        store.delete("nobody")
        _same((store.sessions(), store.logs("s"), store.events("s")), (("other",), (), ()))
        store.append("s", "one", sample(1))
        _same(store.events("s"), sample(1))


def several_writers_of_one_log_write_each_event_once(opened: OpenStore) -> None:
    """Threads of one store, and several stores in one place."""
    sequences = range(1, 101)
    together = threading.Barrier(4)

    def write(store: Store) -> None:
        together.wait(30)
        for sequence in sequences:
            store.append("s", "log", sample(sequence))

    with closing(opened()) as one, closing(opened()) as other, ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(write, store) for store in (one, one, other, other)]:
            done.result(60)
        _same(one.events("s", "log"), sample(*sequences))
        _same(other.logs("s"), ["log"])


def closing_twice_is_fine(opened: OpenStore) -> None:
    """As with files."""
    store = opened()
    store.close()
    store.close()


CONTRACTS: tuple[Contract, ...] = (
    events_are_there_after_the_store_is_opened_again,
    each_event_is_there_once,
    what_is_there_stays_as_it_was,
    a_gap_is_refused_and_changes_nothing,
    logs_of_one_session_do_not_mix,
    sessions_do_not_mix,
    pages_are_cut_by_offset_and_limit,
    every_event_comes_back_as_it_was,
    a_session_can_be_forgotten,
    several_writers_of_one_log_write_each_event_once,
    closing_twice_is_fine,
)


def _event(sequence: int, data: EventData, raw: object = None) -> Event:
    kind = "brand.new" if isinstance(data, Unknown) else type(data).TYPE
    time = f"2026-01-01T00:00:{sequence % 60:02}.000Z"
    return Event(
        event_id=f"evt_{sequence}", sequence=sequence, time=time, session_id="s", type=kind, data=data, raw=raw
    )


def sample(*sequences: int) -> tuple[Event, ...]:
    """Events of these sequences, always the same."""
    return tuple(_event(sequence, ItemDelta(item_id="i", delta=f"{sequence} ")) for sequence in sequences)


def _same(found: Iterable[object], expected: Iterable[object]) -> None:
    got, wanted = list(found), list(expected)
    if got != wanted:
        raise AssertionError(f"expected {str(wanted)[:500]}, got {str(got)[:500]}")


def _refused(store: Store, session_id: str, events: tuple[Event, ...]) -> None:
    try:
        store.append(session_id, "log", events)
    except StoreFailed:
        return
    raise AssertionError(f"{[event.sequence for event in events]} leaves a gap and was taken")
