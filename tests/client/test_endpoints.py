"""The client calls what the server has: a new endpoint without a call fails here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_agent.client import calls, calls_files
from sandbox_agent.client.calls import Call
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.routing import Router

OTHER_NAMES = {
    "docs": "a page for people",
    "send_message_stream": "a turn is followed through the log, which survives a broken connection",
    "get_messages": "another name of list_events, for clients of 0.1.x",
}


def every_call() -> Iterator[Call[Any]]:
    yield from (calls.health(), calls.ready("a"), calls.metrics(), calls.openapi())
    yield from (calls.list_agents(), calls.list_sessions())
    yield from (calls.install_agent("a"), calls.follow_install("a"), calls.agent_modes("a"), calls.agent_models("a"))
    yield from (calls.create_session("s", "a"), calls.get_session("s"), calls.delete_session("s"))
    yield calls.fork_session("s", "f")
    yield from (calls.send_message("s", "m"), calls.interrupt("s"), calls.terminate_session("s"))
    yield from (calls.queue("s"), calls.clear_queue("s"), calls.withdraw_message("s", "m"), calls.session_diff("s"))
    yield from (calls.list_events("s"), calls.follow_events("s"))
    yield from (calls.reply_permission("s", "p", "once"), calls.reply_question("s", "q", "a"))
    yield calls.reject_question("s", "q")
    yield from (calls_files.entries(None, "p"), calls_files.stat(None, "p"), calls_files.read("s", "p"))
    yield from (calls_files.write(None, "p", b""), calls_files.unpack(None, "p", b""), calls_files.mkdir(None, "p"))
    yield from (calls_files.move(None, "p", "q", overwrite=True), calls_files.delete(None, "p", recursive=True))


def test_every_endpoint_has_a_call_and_every_call_an_endpoint() -> None:
    router = Router(ENDPOINTS)
    called = set()
    for call in every_call():
        match = router.match(call.path.encode())
        assert match is not None, call.path
        called.add(match.methods[call.method].name)
    assert called | OTHER_NAMES.keys() == {endpoint.name for endpoint in ENDPOINTS}
    assert called.isdisjoint(OTHER_NAMES)


def test_a_call_is_repeated_only_where_that_is_harmless() -> None:
    once = {
        "create_session",
        "fork_session",
        "send_message",
        "delete_session",
        "interrupt",
        "install_agent",
        "install_agent_stream",
        "clear_queue",
        "withdraw_message",
        "fs_upload_batch",
        "fs_move",
        "fs_delete",
    }
    router = Router(ENDPOINTS)
    for call in every_call():
        match = router.match(call.path.encode())
        assert match is not None
        assert call.idempotent == (match.methods[call.method].name not in once), call
    assert not calls_files.write(None, "p", iter([b""])).idempotent
