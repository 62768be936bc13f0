from __future__ import annotations

from sandbox_agent.adapter import Exited
from sandbox_agent.runtime.tally import Life, Tally, server_status
from sandbox_agent.schema.api import ServerStatus


def test_before_its_first_use_a_server_is_stopped() -> None:
    assert server_status([], 0) == ServerStatus(status="stopped", restart_count=0)
    assert server_status([Tally()], 0) == ServerStatus(status="stopped", restart_count=0)


def test_a_server_runs_from_its_start_to_its_end() -> None:
    tally, life = Tally(), Life(10.0, lambda: "http://127.0.0.1:1")
    tally.begin(life)
    assert server_status([tally], 12.5) == ServerStatus(
        status="running", restart_count=0, base_url="http://127.0.0.1:1", uptime_ms=2500
    )
    tally.end(life, Exited(exit_code=0), wanted=True)
    assert server_status([tally], 13) == ServerStatus(status="stopped", restart_count=0)


def test_an_end_that_nobody_wanted_is_an_error_until_the_next_start_which_is_a_restart() -> None:
    tally = Tally()
    for exit, words in [
        (Exited(exit_code=3), "it ended with status 3"),
        (Exited(exit_code=-9), "signal 9 ended it"),
        (Exited(error="given up"), "given up"),
        (Exited(), "it ended"),
    ]:
        life = Life(0)
        tally.begin(life)
        restarts = server_status([tally], 0).restart_count
        tally.end(life, exit, wanted=False)
        assert server_status([tally], 0) == ServerStatus(status="error", restart_count=restarts, last_error=words)
    assert tally.restarts == 3
    tally.begin(Life(0))
    tally.failed("no such program")
    assert server_status([tally], 0).status == "running"


def test_what_cannot_be_started_is_an_error() -> None:
    tally = Tally()
    tally.failed("no such program")
    tally.failed("no such program")
    assert server_status([tally], 0) == ServerStatus(status="error", restart_count=1, last_error="no such program")


def test_of_several_the_oldest_counts() -> None:
    one, two = Tally(), Tally()
    one.begin(Life(5))
    two.begin(Life(3))
    two.failed("x")
    assert server_status([one, two], 10) == ServerStatus(
        status="running", restart_count=0, uptime_ms=7000, last_error="x"
    )
