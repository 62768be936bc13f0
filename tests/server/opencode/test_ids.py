from __future__ import annotations

from sandbox_agent.server.opencode.ids import Ids

NOW = 1_795_618_968_599


def test_ids_look_like_opencodes_and_sort_by_time() -> None:
    ids = Ids(7)
    made = [ids.next("msg", at) for at in (NOW, NOW, NOW + 1, NOW - 5)]
    assert made[0] == "msg_2133b141700000000000000007"  # the time is that of OpenCode's own msg_2133b1417001...
    assert made == sorted(set(made))


def test_ids_of_two_sessions_differ() -> None:
    assert Ids(1).next("per", NOW) != Ids(2).next("per", NOW)


def test_what_is_made_after_a_clients_id_sorts_after_it() -> None:
    ids = Ids(1)
    theirs = Ids(2).next("msg", NOW + 60_000)  # its clock is ahead
    ids.seen(theirs, NOW)
    assert ids.next("msg", NOW) > theirs


def test_an_id_from_far_ahead_or_without_a_time_changes_nothing() -> None:
    for strange in ("msg_ffffffffffff00", "msg_mine", "", "msg_" + "9" * 5):
        ids = Ids(1)
        ids.seen(strange, NOW)
        assert ids.next("msg", NOW) == Ids(1).next("msg", NOW)
