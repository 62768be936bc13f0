from __future__ import annotations

from collections.abc import Sequence

import pytest

from sandbox_agent.schema.events import Event
from sandbox_agent.stores import SQLiteStore
from sandbox_agent.testing import stores
from sandbox_agent.testing.stores import CONTRACTS, Contract, OpenStore


@pytest.mark.parametrize("contract", CONTRACTS, ids=lambda contract: contract.__name__)
def test_each_store_keeps_the_contract(contract: Contract, opened: OpenStore) -> None:
    contract(opened)


class Forgetful(SQLiteStore):
    def append(self, session_id: str, log_id: str, events: Sequence[Event]) -> None:
        super().append(session_id, log_id, events[: max(1, len(events) - 1)])


class OneLog(SQLiteStore):
    def append(self, session_id: str, log_id: str, events: Sequence[Event]) -> None:  # noqa: ARG002 - that is the fault
        super().append(session_id, "log", events)


def test_the_suite_notices_a_store_that_forgets() -> None:
    with pytest.raises(AssertionError, match="expected"):
        stores.each_event_is_there_once(lambda: Forgetful(":memory:"))


def test_the_suite_notices_a_store_that_outlives_nothing() -> None:
    with pytest.raises(AssertionError, match="expected"):
        stores.events_are_there_after_the_store_is_opened_again(lambda: SQLiteStore(":memory:"))


def test_the_suite_notices_a_store_that_takes_all_logs_for_one() -> None:
    with pytest.raises(AssertionError, match="expected"):
        stores.logs_of_one_session_do_not_mix(lambda: OneLog(":memory:"))
