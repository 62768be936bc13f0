from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox_agent.adapter import Deliver, Write
from sandbox_agent.adapter.http import request
from sandbox_agent.agents.opencode.marks import mark_of
from sandbox_agent.agents.opencode.router import OpenCodeRouter

from .said import CONNECTED, event, reply


def write(router: OpenCodeRouter, member: int, key: str, path: str, method: str = "POST") -> list[dict[str, Any]]:
    written = router.wrote(member, request(key, method, path, body={}).data)
    return [msgspec.json.decode(each.data) for each in written if isinstance(each, Write)]


def hear(router: OpenCodeRouter, line: dict[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    heard = router.said(msgspec.json.encode(line))
    return [(each.member, msgspec.json.decode(each.line)) for each in heard if isinstance(each, Deliver)]


def aborts(router: OpenCodeRouter, member: int) -> list[tuple[str, str]]:
    requests = [msgspec.json.decode(each.data) for each in router.leave(member) if isinstance(each, Write)]
    return [(each["key"], each["path"]) for each in requests]


@pytest.fixture
def router() -> OpenCodeRouter:
    """Two sessions with a conversation each, `ses_1` and `ses_2`."""
    router = OpenCodeRouter()
    for member in (1, 2):
        write(router, member, "create", "/session")
        hear(router, reply(f"{member}:create", body={"id": f"ses_{member}"}))
    return router


def busy(session: str, kind: str = "busy") -> dict[str, Any]:
    return event("session.status", sessionID=session, status={"type": kind})


def test_equal_keys_of_two_sessions_are_told_apart() -> None:
    router = OpenCodeRouter()
    assert write(router, 1, "create", "/session")[0]["key"] == "1:create"
    assert write(router, 2, "create", "/session")[0]["key"] == "2:create"
    assert hear(router, reply("2:create", body={"id": "ses_2", "deep": [1]})) == [
        (2, {"reply": "create", "status": 200, "body": {"id": "ses_2", "deep": [1]}})
    ]


def test_an_error_of_the_link_is_a_reply_too(router: OpenCodeRouter) -> None:
    assert hear(router, {"reply": "1:prompt 1", "error": "broken"}) == [(1, {"reply": "prompt 1", "error": "broken"})]


@pytest.mark.parametrize(
    "properties",
    [
        {"sessionID": "ses_2"},
        {"info": {"id": "msg_1", "sessionID": "ses_2"}},
        {"part": {"id": "prt_1", "sessionID": "ses_2"}},
        {"info": {"id": "ses_2"}},
    ],
)
def test_an_event_is_for_the_session_of_its_conversation(router: OpenCodeRouter, properties: dict[str, Any]) -> None:
    told = event("anything", **properties)
    assert hear(router, told) == [(2, told)]


def test_a_conversation_that_is_looked_for_belongs_to_who_looks() -> None:
    router = OpenCodeRouter()
    write(router, 3, "find", "/session/ses_9", "GET")
    assert [member for member, _ in hear(router, event("anything", sessionID="ses_9"))] == [3]


def test_a_subagent_belongs_to_the_session_of_its_parent(router: OpenCodeRouter) -> None:
    child = event("session.created", sessionID="ses_c", info={"id": "ses_c", "parentID": "ses_1"})
    grandchild = event("session.created", sessionID="ses_g", info={"id": "ses_g", "parentID": "ses_c"})
    for told in (child, grandchild, event("anything", sessionID="ses_g")):
        assert [member for member, _ in hear(router, told)] == [1]


def test_all_hear_that_the_event_stream_begins_and_nobody_what_is_about_nobody(router: OpenCodeRouter) -> None:
    assert [member for member, _ in hear(router, CONNECTED)] == [1, 2]
    assert hear(router, event("plugin.added", id="x")) == []
    assert hear(router, event("anything", sessionID="ses_unknown")) == []
    assert hear(router, {"payload": {"type": "sync", "syncEvent": {"aggregateID": "ses_1"}}}) == []


@pytest.mark.parametrize("line", [{"payload": 5}, {"reply": 7}, event("anything", sessionID=5), reply("nobody's")])
def test_what_cannot_be_read_is_for_nobody(router: OpenCodeRouter, line: dict[str, Any]) -> None:
    assert hear(router, line) == []


def test_who_leaves_at_rest_has_left(router: OpenCodeRouter) -> None:
    assert aborts(router, 1) == []
    assert router.left(1)
    assert hear(router, event("anything", sessionID="ses_1")) == []


def test_who_leaves_in_a_turn_aborts_it_and_its_subagents(router: OpenCodeRouter) -> None:
    write(router, 1, "prompt 1", "/session/ses_1/prompt_async")
    hear(router, event("session.created", sessionID="ses_c", info={"id": "ses_c", "parentID": "ses_1"}))
    hear(router, busy("ses_c"))
    (first, of_first), (_, of_second) = aborts(router, 1)
    assert [of_first, of_second] == ["/session/ses_1/abort", "/session/ses_c/abort"]
    assert not router.left(1)
    assert hear(router, reply(first, body=True)) == []
    assert not router.left(1)
    hear(router, event("session.idle", sessionID="ses_c"))
    assert router.left(1)


def test_a_conversation_is_busy_until_it_says_otherwise(router: OpenCodeRouter) -> None:
    for kind in ("busy", "retry"):
        hear(router, busy("ses_2", kind))
        assert len(aborts(router, 2)) == 1
        hear(router, busy("ses_2", "idle"))
        assert aborts(router, 2) == []


def test_a_conversation_that_is_forked_stays_that_of_its_session(router: OpenCodeRouter) -> None:
    write(router, 2, "origin", "/session/ses_1/message", "GET")
    write(router, 2, "create", "/session/ses_1/fork")
    hear(router, reply("2:create", body={"id": "ses_3"}))
    assert hear(router, event("session.idle", sessionID="ses_1"))[0][0] == 1
    assert hear(router, event("session.idle", sessionID="ses_3"))[0][0] == 2


def runs(session: str, command: Any, **given: Any) -> dict[str, Any]:
    state = {"status": "running", "input": {"command": command, **given}}
    return event("message.part.updated", part={"id": "p", "sessionID": session, "tool": "bash", "state": state})


def test_what_a_session_ran_is_known_by_folder_and_text_until_it_has_left() -> None:
    router = OpenCodeRouter()
    for member, place in ((1, "/a"), (2, "/b")):
        list(router.wrote(member, request("create", "POST", "/session", query={"directory": place}, body={}).data))
        hear(router, reply(f"{member}:create", body={"id": f"ses_{member}"}))
    hear(router, runs("ses_1", "serve &"))
    hear(router, runs("ses_1", "serve &", workdir="sub"))
    hear(router, runs("ses_2", "serve &"))
    assert router.marks(1) == {mark_of("/a", "serve &"), mark_of("/a/sub", "serve &")}
    assert router.marks(1) == set()
    assert router.marks(2) == {mark_of("/b", "serve &")}


def test_what_two_sessions_ran_alike_belongs_to_who_leaves_last(router: OpenCodeRouter) -> None:
    hear(router, runs("ses_1", "serve &"))
    hear(router, runs("ses_2", "serve &"))
    assert router.marks(1) == set()
    assert router.marks(2) == {mark_of("/", "serve &")}


@pytest.mark.parametrize("command", [None, 7, ""])
def test_a_call_of_a_strange_shape_is_delivered_all_the_same(router: OpenCodeRouter, command: Any) -> None:
    assert [member for member, _ in hear(router, runs("ses_1", command))] == [1]
    assert router.marks(1) == set()
