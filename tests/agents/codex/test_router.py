from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from sandbox_agent.adapter import Deliver, Write
from sandbox_agent.agents.codex.router import CodexRouter


class Hub:
    """A router, and what it made of everything."""

    def __init__(self) -> None:
        self.router = CodexRouter()
        self.server: list[dict[str, Any]] = []
        self.heard: dict[int, list[dict[str, Any]]] = {}

    def wrote(self, member: int, line: dict[str, Any]) -> None:
        self._do(self.router.wrote(member, msgspec.json.encode(line)))

    def said(self, line: dict[str, Any]) -> None:
        self._do(self.router.said(msgspec.json.encode(line)))

    def ask(self, member: int, request_id: int, method: str, **params: Any) -> str:
        """A member asks; the id under which the server hears it."""
        self.wrote(member, {"id": request_id, "method": method, "params": params})
        asked: str = self.server[-1]["id"]
        return asked

    def told(self, method: str, **params: Any) -> None:
        self.said({"method": method, "params": params})

    def opened(self, member: int, thread: str) -> None:
        """A member has a thread."""
        self.said({"id": self.ask(member, 1, "thread/start"), "result": {"thread": {"id": thread}}})

    def leave(self, member: int) -> None:
        self._do(self.router.leave(member))

    def _do(self, routed: Iterable[Write | Deliver]) -> None:
        for each in routed:
            if isinstance(each, Write):
                self.server.append(msgspec.json.decode(each.data))
            else:
                self.heard.setdefault(each.member, []).append(msgspec.json.decode(each.line))

    def methods(self, member: int) -> list[str]:
        return [line["method"] for line in self.heard.get(member, []) if "method" in line]


@pytest.fixture
def hub() -> Hub:
    return Hub()


def test_each_member_counts_for_itself_and_hears_its_own_replies(hub: Hub) -> None:
    first, second = hub.ask(1, 1, "account/read"), hub.ask(2, 1, "account/read")
    assert first != second
    hub.said({"id": second, "result": {"who": 2}})
    hub.said({"id": first, "error": {"code": 1, "message": "no"}})
    assert hub.heard == {1: [{"id": 1, "error": {"code": 1, "message": "no"}}], 2: [{"id": 1, "result": {"who": 2}}]}


def test_a_server_is_initialized_once_and_all_hear_its_answer(hub: Hub) -> None:
    asked = hub.ask(1, 1, "initialize")
    hub.wrote(2, {"id": 7, "method": "initialize"})
    hub.said({"id": asked, "result": {"userAgent": "x"}})
    hub.wrote(3, {"id": 9, "method": "initialize"})
    for member in (1, 2, 3):
        hub.wrote(member, {"method": "initialized"})
    assert [line["method"] for line in hub.server] == ["initialize", "initialized"]
    assert [hub.heard[member][0]["id"] for member in (1, 2, 3)] == [1, 7, 9]
    assert hub.heard[3][0]["result"] == {"userAgent": "x"}


def test_a_refused_initialize_is_tried_again_by_the_next(hub: Hub) -> None:
    hub.said({"id": hub.ask(1, 1, "initialize"), "error": {"code": 1, "message": "no"}})
    hub.ask(2, 1, "initialize")
    assert len(hub.server) == 2


def test_lines_go_to_the_owner_of_their_thread(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.opened(2, "b")
    hub.told("turn/started", threadId="b", turn={"id": "t"})
    hub.told("thread/started", thread={"id": "a"})
    assert hub.methods(1) == ["thread/started"]
    assert hub.methods(2) == ["turn/started"]


def test_what_is_said_before_the_owner_is_known_waits(hub: Hub) -> None:
    asked = hub.ask(1, 1, "thread/start")
    hub.told("thread/status/changed", threadId="a")
    assert hub.heard == {}
    hub.said({"id": asked, "result": {"thread": {"id": "a"}}})
    assert [line.get("method", "reply") for line in hub.heard[1]] == ["reply", "thread/status/changed"]


def test_a_resumed_thread_is_known_from_the_request_on(hub: Hub) -> None:
    hub.ask(1, 1, "thread/resume", threadId="a")
    hub.told("thread/status/changed", threadId="a")
    assert hub.methods(1) == ["thread/status/changed"]


def test_a_fork_belongs_to_who_asked_and_its_source_stays_where_it_is(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.said({"id": hub.ask(2, 1, "thread/fork", threadId="a"), "result": {"thread": {"id": "b"}}})
    hub.told("warning", threadId="a")
    hub.told("warning", threadId="b")
    assert hub.methods(1) == ["warning"]
    assert hub.methods(2) == ["warning"]


def test_a_subagents_thread_belongs_to_who_spawned_it(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.opened(2, "b")
    hub.told("turn/started", threadId="child", turn={"id": "t"})
    hub.told("item/completed", threadId="b", item={"type": "collabAgentToolCall", "receiverThreadIds": ["child"]})
    hub.told("item/started", threadId="child", item={"type": "subAgentActivity", "agentThreadId": "grandchild"})
    hub.told("warning", threadId="grandchild")
    assert hub.methods(1) == []
    assert hub.methods(2) == ["item/completed", "turn/started", "item/started", "warning"]


def test_a_child_whose_parent_is_named_belongs_to_it(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.told("thread/started", thread={"id": "child", "parentThreadId": "a"})
    assert hub.methods(1) == ["thread/started"]


def test_what_concerns_no_thread_goes_to_all_and_such_a_request_is_refused(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.opened(2, "b")
    hub.told("account/rateLimits/updated", rateLimits={})
    hub.said({"id": 0, "method": "attestation/generate", "params": {}})
    assert hub.methods(1) == hub.methods(2) == ["account/rateLimits/updated"]
    assert hub.server[-1]["error"]["message"] == "not supported: attestation/generate"


def test_requests_of_the_server_go_to_their_thread_and_answers_back_as_they_are(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.opened(2, "b")
    hub.said({"id": 0, "method": "item/tool/call", "params": {"threadId": "b"}})
    hub.wrote(2, {"id": 0, "result": {"success": False}})
    assert hub.methods(2) == ["item/tool/call"]
    assert hub.server[-1] == {"id": 0, "result": {"success": False}}


def test_a_strange_shape_still_goes_to_its_thread(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.told("item/completed", threadId="a", item={"receiverThreadIds": "none"})
    hub.said({"method": "odd", "params": [1]})
    assert hub.methods(1) == ["item/completed", "odd"]


def test_noise_is_for_the_link(hub: Hub) -> None:
    with pytest.raises(msgspec.DecodeError):
        list(hub.router.said(b"hello"))


def test_who_leaves_ends_what_it_runs_step_by_step(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.opened(2, "b")
    hub.told("turn/started", threadId="a", turn={"id": "t1"})
    hub.leave(1)
    steps = ("turn/interrupt", "thread/backgroundTerminals/clean", "thread/unsubscribe")
    for step in steps:
        assert not hub.router.left(1)
        assert hub.server[-1]["method"] == step
        assert hub.server[-1]["params"]["threadId"] == "a"
        hub.said({"id": hub.server[-1]["id"], "error": {"code": 1, "message": "nothing to do"}})
    assert hub.router.left(1)
    assert hub.methods(2) == []
    hub.told("warning")
    assert hub.methods(1) == ["turn/started"]


def test_who_has_no_thread_leaves_at_once(hub: Hub) -> None:
    hub.said({"id": hub.ask(1, 1, "initialize"), "result": {}})
    hub.leave(1)
    assert hub.router.left(1)


def test_what_begins_just_as_a_member_leaves_is_ended_too(hub: Hub) -> None:
    asked = hub.ask(1, 1, "thread/start")
    hub.leave(1)
    assert not hub.router.left(1)
    hub.said({"id": asked, "result": {"thread": {"id": "a"}}})
    assert hub.server[-1]["method"] == "thread/backgroundTerminals/clean"
    assert hub.heard == {}


def test_a_turn_that_begins_just_as_a_member_leaves_is_interrupted(hub: Hub) -> None:
    hub.opened(1, "a")
    asked = hub.ask(1, 2, "turn/start", threadId="a")
    hub.leave(1)
    hub.said({"id": asked, "result": {"turn": {"id": "t1"}}})
    assert hub.server[-1]["method"] == "turn/interrupt"
    assert hub.server[-1]["params"] == {"threadId": "a", "turnId": "t1"}


def test_a_thread_that_was_left_may_belong_to_another(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.leave(1)
    while not hub.router.left(1):
        hub.said({"id": hub.server[-1]["id"], "result": {}})
    hub.ask(2, 1, "thread/resume", threadId="a")
    hub.told("warning", threadId="a")
    assert hub.methods(2) == ["warning"]


def test_what_a_thread_starts_carries_the_number_of_its_member(hub: Hub) -> None:
    servers = {"local": {"command": "x", "env": {"A": "1"}}, "remote": {"url": "y"}}
    hub.ask(3, 1, "thread/resume", threadId="a", config={"mcp_servers": servers})
    config = hub.server[-1]["params"]["config"]
    assert config["shell_environment_policy.set.SANDBOX_AGENT_MEMBER"] == "3"
    assert config["mcp_servers"] == {
        "local": {"command": "x", "env": {"A": "1", "SANDBOX_AGENT_MEMBER": "3"}},
        "remote": {"url": "y"},
    }


def test_a_thread_that_another_session_has_cannot_be_resumed(hub: Hub) -> None:
    hub.opened(1, "a")
    hub.wrote(2, {"id": 5, "method": "thread/resume", "params": {"threadId": "a"}})
    assert hub.heard[2][0]["error"]["message"] == "thread a is in use by another session"
    hub.told("warning", threadId="a")
    assert hub.methods(1) == ["warning"]
    hub.leave(2)
    assert hub.router.left(2)
