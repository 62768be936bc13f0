from __future__ import annotations

import json
from pathlib import Path

import pytest

from sandbox_agent import Attachment, InstallFailed, LocalMcpServer, Unknown
from sandbox_agent.client import calls
from sandbox_agent.schema.api import MessageRequest
from sandbox_agent.schema.base import decode, encode


def body(call: calls.Call[object]) -> object:
    assert isinstance(call.body, bytes)
    return json.loads(call.body)


def test_ids_are_one_segment_of_the_path_whatever_is_in_them() -> None:
    assert calls.get_session("a/b?c#d ü").target == "/v1/sessions/a%2Fb%3Fc%23d%20%C3%BC"
    assert calls.get_session("..").target == "/v1/sessions/%2E%2E"


def test_only_what_was_given_is_sent() -> None:
    assert body(calls.create_session("s", "mock")) == {"agent": "mock"}
    call = calls.create_session(
        "s", "claude", directory=Path("/srv/project"), resume="r", mcp={"m": LocalMcpServer(command="run")}
    )
    assert body(call) == {
        "agent": "claude",
        "directory": "/srv/project",
        "resume": "r",
        "mcp": {"m": {"type": "local", "command": "run"}},
    }


def test_files_may_be_paths_or_attachments() -> None:
    call = calls.send_message("s", "hi", attachments=["a.txt", Path("b.txt"), Attachment(path="c", mime="x/y")])
    assert isinstance(call.body, bytes)
    sent = decode(call.body, MessageRequest)
    assert [file.path for file in sent.attachments] == ["a.txt", "b.txt", "c"]
    assert sent.attachments[2].mime == "x/y"
    assert sent.delivery == "queue"


def test_a_single_string_answers_a_single_question() -> None:
    assert body(calls.reply_question("s", "q", "Blue")) == {"answers": [["Blue"]]}
    assert body(calls.reply_question("s", "q", [["Red"], ("Apple", "Plum")])) == {
        "answers": [["Red"], ["Apple", "Plum"]]
    }


def test_a_flat_list_of_answers_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="one list of strings for each question"):
        calls.reply_question("s", "q", ["Red", "Blue"])


def test_reading_starts_after_an_offset_and_may_ask_for_what_the_agent_said() -> None:
    assert calls.list_events("s", offset=3, limit=5).target == "/v1/sessions/s/events?offset=3&limit=5"
    assert calls.follow_events("s", include_raw=True).target == "/v1/sessions/s/events/sse?offset=0&includeRaw=true"


def test_a_page_keeps_events_nobody_knows_yet() -> None:
    event = '{"event_id":"evt_1","sequence":1,"time":"t","session_id":"s","type":"new.thing","data":{"x":1}}'
    page = calls.list_events("s").decode(f'{{"events":[{event}],"hasMore":false}}'.encode())
    assert page.events[0].data == Unknown(data={"x": 1})


def test_what_changes_something_in_a_way_that_adds_up_is_not_repeated() -> None:
    once = [
        calls.create_session("s", "mock"),
        calls.send_message("s", "hi"),
        calls.interrupt("s"),
        calls.delete_session("s"),
        calls.install_agent("claude"),
    ]
    assert not any(call.idempotent for call in once)
    again = [calls.health(), calls.reply_permission("s", "p", "once"), calls.terminate_session("s"), calls.queue("s")]
    assert all(call.idempotent for call in again)


def test_an_installation_that_fails_is_the_error_it_tells_of() -> None:
    call = calls.follow_install("claude")
    assert call.decode(b'{"state":"downloading","bytes":7}').bytes == 7
    problem = InstallFailed("claude", agent="claude").problem()
    with pytest.raises(InstallFailed, match="install failed: claude"):
        call.decode(encode({"state": "failed", "problem": problem}))
