from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox_agent.runtime.install.command import Aborted
from sandbox_agent.runtime.install.store import Store

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path, "tool", "tool")


def put(store: Store, *versions: str) -> None:
    for version in versions:
        path = store.folder / version / "tool"
        path.parent.mkdir(parents=True)
        path.write_text("#!/bin/sh")
        path.chmod(0o755)


def test_an_empty_store_has_nothing(store: Store) -> None:
    assert (store.versions(), store.current(), store.find("1")) == ([], None, None)


def test_versions_are_ordered_as_numbers(store: Store) -> None:
    put(store, "2.1.9", "2.1.330", "2.1.30", "2.1.x")
    assert store.versions() == ["2.1.x", "2.1.9", "2.1.30", "2.1.330"]


def test_without_a_choice_the_newest_is_current(store: Store) -> None:
    put(store, "1.9", "1.10")
    assert store.current() == "1.10"


def test_the_chosen_version_is_current_until_it_is_gone(store: Store) -> None:
    put(store, "1.9", "1.10")
    store.choose("1.9")
    assert store.current() == "1.9"
    (store.folder / "1.9" / "tool").unlink()
    assert store.current() == "1.10"


def test_a_file_that_may_not_be_run_is_not_installed(store: Store) -> None:
    put(store, "1")
    (store.folder / "1" / "tool").chmod(0o644)
    assert store.find("1") is None


@pytest.mark.parametrize("version", ["", ".", "..", "../tool/1", "/", "current", ".part-x"])
def test_a_version_cannot_lead_out_of_the_store(store: Store, version: str) -> None:
    put(store, "1", ".part-x")
    store.choose("1")
    assert store.find(version) is None


def test_who_waits_for_the_lock_may_give_up(store: Store) -> None:
    waited: list[bool] = []
    with store.lock(aborted=lambda: False, waiting=lambda: None):  # noqa: SIM117 - one holds it, the other waits
        with (
            pytest.raises(Aborted),
            store.lock(aborted=lambda: len(waited) > 2, waiting=lambda: waited.append(True)),
        ):
            pytest.fail("two hold the lock")
    with store.lock(aborted=lambda: True, waiting=lambda: None):
        pass
