from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox_agent.adapter import Exited, HelperReply, Identified, Output, SessionOptions, Spawn, Stop, Synthetic, Write
from sandbox_agent.agents.amp.adapter import AmpAdapter
from sandbox_agent.agents.amp.errors import SILENT_TRIES, TRIES
from sandbox_agent.agents.amp.native import decode
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.commands import AttachedFile, Interrupt, ReplyPermission, SendMessage
from sandbox_agent.schema.content import StatusPart, ToolResultPart
from sandbox_agent.schema.events import (
    AgentUnparsed,
    ErrorReported,
    EventData,
    ItemCompleted,
    PermissionRequested,
    PermissionResolved,
    StderrTail,
    TurnEnded,
    TurnStarted,
)

THREAD = "T-1"


class Amp:
    """An adapter, and what it has yielded."""

    def __init__(self, **options: Any) -> None:
        self.adapter = AmpAdapter(SessionOptions(session_id="s", directory="/p", private_dir="/private", **options))
        self.outputs: list[Output] = []

    def send(self, text: str, *, steer: bool = False) -> list[Output]:
        return self._take(self.adapter.command(SendMessage(message_id=f"msg_{text}", text=text, steer=steer)))

    def command(self, command: Interrupt | ReplyPermission) -> list[Output]:
        return self._take(self.adapter.command(command))

    def says(self, kind: str, *content: dict[str, Any], stop: str | None = None, **more: Any) -> list[Output]:
        message = {"role": kind, "content": list(content), "stop_reason": stop}
        return self.line({"type": kind, "message": message, **more})

    def line(self, line: dict[str, Any]) -> list[Output]:
        return self._take(self.adapter.message(decode(encode(line))))

    def up(self) -> list[Output]:
        return self.line({"type": "system", "subtype": "init", "session_id": THREAD})

    def exits(self, code: int | None = 0, **more: Any) -> list[Output]:
        return self._take(self.adapter.exited(Exited(exit_code=code, **more)))

    def _take(self, outputs: Any) -> list[Output]:
        taken = list(outputs)
        self.outputs += taken
        return taken


def text(words: str) -> dict[str, Any]:
    return {"type": "text", "text": words}


def tool(name: str = "shell_command", **given: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": "TU-1", "name": name, "input": given}


def data(outputs: list[Output]) -> list[EventData]:
    return [output.data if isinstance(output, Synthetic) else output for output in outputs if is_data(output)]  # type: ignore[misc]


def is_data(output: Output) -> bool:
    return isinstance(output, EventData | Synthetic)


def ended(outputs: list[Output]) -> str | None:
    (end,) = [each for each in data(outputs) if isinstance(each, TurnEnded)]
    return end.reason


def talking() -> Amp:
    """In the middle of a turn."""
    amp = Amp()
    amp.send("go")
    amp.up()
    amp.says("user", text("go"))
    return amp


def resting() -> Amp:
    """After a turn."""
    amp = talking()
    amp.says("assistant", text("done"), stop="end_turn")
    return amp


def test_the_first_message_starts_a_process_and_the_second_does_not() -> None:
    amp = Amp()
    first = amp.send("go")
    assert [type(output) for output in first if not is_data(output)] == [Spawn, Write]
    assert amp.up() == [Identified(native_session_id=THREAD)]
    amp.says("user", text("go"))
    assert ended(amp.says("assistant", text("done"), stop="end_turn")) == "completed"
    assert [type(output) for output in amp.send("on") if not is_data(output)] == [Write]


def test_the_echo_of_a_message_is_no_item() -> None:
    amp = Amp()
    amp.send("go")
    assert amp.says("user", text("go")) == []


@pytest.mark.parametrize("echo", [[text("go")], [text(" go\n")]], ids=["as it was", "with other spaces"])
def test_the_echo_may_be_spaced_otherwise(echo: list[dict[str, Any]]) -> None:
    amp = Amp()
    amp.send("go")
    assert amp.says("user", *echo) == []


def test_the_echo_of_a_message_with_a_file_is_no_item_either() -> None:
    amp = Amp()
    file = AttachedFile(path="/p/a.txt", mime="text/plain", filename="a.txt", data=b"inside")
    outputs = list(amp.adapter.command(SendMessage(message_id="msg_1", text="look", files=(file,))))
    (write,) = [output for output in outputs if isinstance(output, Write)]
    content = json.loads(write.data)["message"]["content"]
    assert amp.says("user", *content) == []


def test_words_of_somebody_else_begin_a_turn_and_are_an_item() -> None:
    amp = resting()
    started, item = data(amp.says("user", text("from the web")))
    assert isinstance(started, TurnStarted)
    assert isinstance(item, ItemCompleted)
    assert item.item.role == "user"
    assert ended(amp.says("assistant", text("hello"), stop="end_turn")) == "completed"


def test_a_message_that_came_too_late_to_steer_has_a_turn_of_its_own() -> None:
    amp = talking()
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    assert amp.adapter.steerable
    amp.send("and this", steer=True)
    amp.says("user", {"type": "tool_result", "tool_use_id": "TU-1", "content": "x"})
    assert ended(amp.says("assistant", text("one"), stop="end_turn")) == "completed"
    assert isinstance(data(amp.says("assistant", text("two"), stop="end_turn"))[0], TurnStarted)


def test_its_late_echo_is_no_item() -> None:
    amp = talking()
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    amp.send("and this", steer=True)
    assert ended(amp.says("assistant", text("one"), stop="end_turn")) == "completed"
    assert amp.says("user", text("and this")) == []


def test_a_message_to_a_dying_process_is_sent_once_more() -> None:
    amp = resting()
    amp.send("on")
    again = amp.exits(-9)
    assert [type(output) for output in again] == [Spawn, Write]
    spawn = again[0]
    assert isinstance(spawn, Spawn)
    assert spawn.argv[1:4] == ("threads", "continue", THREAD)
    amp.up()
    assert ended(amp.exits(-9)) == "agent_exited"


def test_a_process_that_dies_in_its_work_ends_the_turn() -> None:
    assert ended(talking().exits(-9)) == "agent_exited"


def test_what_it_says_on_stderr_before_its_first_line_is_the_error() -> None:
    amp = Amp()
    amp.send("go")
    said = StderrTail(truncated=False, head="Error: Couldn't connect to the Amp server at http://127.0.0.1:9.")
    error, end = data(amp.exits(1, stderr=said))
    assert isinstance(error, ErrorReported)
    assert error.code == "connection_failed"
    assert isinstance(end, TurnEnded)
    assert end.reason == "error"


def test_a_program_that_cannot_be_started_says_why() -> None:
    amp = Amp()
    amp.send("go")
    error, _ = data(amp.exits(None, error="it does not exist"))
    assert isinstance(error, ErrorReported)
    assert error.code == "agent_start_failed"


def test_without_a_key_nothing_is_started() -> None:
    amp = Amp(environ={"PATH": "/bin"})
    outputs = amp.send("go")
    assert all(is_data(output) for output in outputs)
    assert ended(outputs) == "error"


def test_an_error_ends_the_turn_and_then_the_process() -> None:
    amp = talking()
    outputs = amp.line({"type": "result", "subtype": "error_during_execution", "is_error": True, "error": "overloaded"})
    error, _ = data(outputs)
    assert isinstance(error, ErrorReported)
    assert error.code == "overloaded"
    assert outputs[-1] == Stop()
    held = amp.send("again")
    assert all(is_data(output) for output in held)
    assert [type(output) for output in amp.exits()] == [Spawn, Write]


def test_an_interrupt_stops_the_process_and_ends_the_turn_with_it() -> None:
    amp = talking()
    assert amp.command(Interrupt()) == [Stop()]
    assert amp.command(Interrupt()) == []
    cancelled = {"type": "result", "subtype": "error_during_execution", "is_error": True, "error": "User cancelled"}
    assert amp.line(cancelled) == []
    assert ended(amp.exits()) == "interrupted"


def test_an_interrupt_of_a_message_that_waits_for_the_end_of_a_process_drops_it() -> None:
    amp = talking()
    amp.line({"type": "result", "is_error": True, "error": "no"})
    amp.send("again")
    assert ended(amp.command(Interrupt())) == "interrupted"
    assert amp.exits() == []


def ask(amp: Amp) -> PermissionRequested:
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    line = {"type": "helper", "id": 7, "env": {"AGENT_TOOL_NAME": "shell_command"}, "input": '{"command":"ls"}'}
    (request,) = data(amp.line(line))
    assert isinstance(request, PermissionRequested)
    return request


def test_a_helper_waits_for_the_answer_of_a_client() -> None:
    amp = talking()
    request = ask(amp)
    assert (request.action, request.metadata["always"]) == ("shell_command", "shell_command(ls)")
    once = ReplyPermission(permission_id=request.permission_id, reply="once")
    assert amp.command(once) == [HelperReply(helper=7, exit_code=0)]
    assert amp.command(once) == []


def test_a_refusal_tells_the_model_why() -> None:
    amp = talking()
    request = ask(amp)
    refused = ReplyPermission(permission_id=request.permission_id, reply="reject", message="not here")
    assert amp.command(refused) == [HelperReply(helper=7, exit_code=2, message="not here")]


def test_a_helper_that_ends_by_itself_takes_its_request_back() -> None:
    amp = talking()
    request = ask(amp)
    (resolved,) = data(amp.line({"type": "helper_gone", "id": 7}))
    assert isinstance(resolved, PermissionResolved)
    assert resolved.status == "reject"
    assert amp.command(ReplyPermission(permission_id=request.permission_id, reply="once")) == []


@pytest.mark.parametrize(
    ("content", "is_error", "status", "output"),
    [
        ('{"output":"hi\\n","exitCode":0}', False, "completed", "hi\n"),
        ('{"output":"hi\\n","exitCode":3}', False, "failed", "hi\n"),
        ("Tool rejected by plugin: no", False, "failed", "Tool rejected by plugin: no"),
        ("no such tool", True, "failed", "no such tool"),
        ('[{"type":"text","text":"one"},{"type":"text","text":"two"}]', False, "completed", "one\ntwo"),
        ('{"broken', False, "completed", '{"broken'),
        ([{"any": 1}], False, "completed", '[{"any":1}]'),
    ],
)
def test_results_of_tools(content: object, is_error: bool, status: str, output: str) -> None:
    amp = talking()
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    block = {"type": "tool_result", "tool_use_id": "TU-1", "content": content, "is_error": is_error}
    (result,) = data(amp.says("user", block))
    assert isinstance(result, ItemCompleted)
    assert result.item.status == status
    assert result.item.content[0] == ToolResultPart(call_id="TU-1", output=output)


def test_items_of_a_subagent_are_below_the_call_that_started_it() -> None:
    amp = talking()
    (call,) = data(amp.says("assistant", tool("Task"), stop="tool_use"))
    (inner,) = data(amp.says("assistant", text("inside"), stop="end_turn", parent_tool_use_id="TU-1"))
    assert isinstance(call, ItemCompleted)
    assert isinstance(inner, ItemCompleted)
    assert inner.item.parent_id == call.item.item_id


@pytest.mark.parametrize("line", [{"type": "news"}, {"type": "assistant", "message": 3}, {}])
def test_a_message_nobody_knows_is_kept(line: dict[str, Any]) -> None:
    (unparsed,) = data(talking().line(line))
    assert isinstance(unparsed, AgentUnparsed)


def test_a_server_that_does_not_work_is_told_once_and_when_that_changes() -> None:
    def begins(**servers: str) -> list[tuple[str, str | None]]:
        listed = [{"name": name, "status": status} for name, status in servers.items()]
        outputs = amp.line({"type": "system", "subtype": "init", "session_id": THREAD, "mcp_servers": listed})
        items = [each.item for each in data(outputs) if isinstance(each, ItemCompleted)]
        parts = [part for item in items for part in item.content if isinstance(part, StatusPart)]
        return [(part.label, part.detail) for part in parts]

    amp = Amp()
    amp.send("go")
    assert begins(near="connected", far="reconnecting") == [("mcp.failed", "far")]
    assert begins(near="awaiting-approval", far="reconnecting") == [("mcp.needs-auth", "near")]
    assert begins(near="connected", far="connected") == []
    assert begins(near="odd") == [("mcp.odd", "near")]


def plans(amp: Amp, attempt: object) -> list[Output]:
    record = {"@timestamp": "2026-01-01T00:00:00Z", "message": "[thread-client] Scheduling transport reconnect"}
    return amp.line({**record, "attempt": attempt, "delayMs": 990})


def test_a_service_that_stays_away_ends_the_turn_and_the_next_message_continues_the_thread() -> None:
    amp = talking()
    amp.says("assistant", tool(command="ls"), stop="tool_use")
    for attempt in range(1, TRIES + 1):
        assert plans(amp, attempt) == plans(amp, attempt) == []
    given_up = plans(amp, TRIES + 1)
    errors = [each for each in data(given_up) if isinstance(each, ErrorReported)]
    assert [error.code for error in errors] == ["connection_failed"]
    assert (ended(given_up), given_up[-1]) == ("error", Stop())
    assert plans(amp, TRIES + 1) == plans(amp, TRIES + 2) == []
    assert ended(amp.line({"type": "result", "is_error": True, "error": "User cancelled"}) + given_up) == "error"
    amp.send("again")
    again = amp.exits()
    (start,) = [each for each in again if isinstance(each, Spawn)]
    assert THREAD in start.argv
    assert isinstance(again[-1], Write)


def connects(amp: Amp) -> list[Output]:
    return amp.line({"@timestamp": "2026-01-01T00:00:00Z", "message": "state", "nextState": "connected"})


def test_a_service_that_comes_and_goes_and_lets_nothing_through_ends_the_turn_too() -> None:
    amp = talking()
    for attempt in range(1, SILENT_TRIES + 1):
        assert plans(amp, attempt) == connects(amp) == []
    given_up = plans(amp, SILENT_TRIES + 1)
    assert (ended(given_up), given_up[-1]) == ("error", Stop())


def test_a_word_that_comes_through_between_lets_it_try_again() -> None:
    amp = talking()
    for attempt in range(1, 2 * SILENT_TRIES):
        assert plans(amp, attempt) == connects(amp) == []
        if attempt == SILENT_TRIES:
            amp.says("assistant", tool(command="ls"), stop="tool_use")
    assert not [each for each in plans(amp, 2 * SILENT_TRIES) if isinstance(each, Stop)]


def test_a_last_word_of_a_process_that_was_given_up_does_not_end_the_turn_that_waits_for_the_next() -> None:
    amp = talking()
    plans(amp, TRIES + 1)
    amp.send("again")
    late = amp.says("assistant", text("late"), stop="end_turn")
    assert not [each for each in data(late) if isinstance(each, TurnEnded)]
    assert any(isinstance(each, Write) for each in amp.exits())


def test_tries_before_a_connection_do_not_count_whether_amp_goes_on_counting_or_begins_anew() -> None:
    amp = talking()
    for first in (1, TRIES + 1, 1):
        for attempt in range(first, first + TRIES):
            assert plans(amp, attempt) == []
        assert amp.line({"@timestamp": "2026-01-01T00:00:00Z", "nextState": "connected"}) == []
    assert plans(amp, TRIES + 1) == []
    given_up = [plans(amp, attempt) for attempt in range(TRIES + 2, 2 * TRIES + 2)]
    assert [bool(each) for each in given_up] == [False] * (TRIES - 1) + [True]


def test_a_service_that_is_lost_between_turns_is_no_event() -> None:
    amp = talking()
    amp.says("assistant", text("done"), stop="end_turn")
    assert plans(amp, TRIES + 1) == []


@given(st.dictionaries(st.text(), st.none() | st.integers() | st.text() | st.lists(st.integers())))
def test_no_record_of_its_log_is_an_event(record: dict[str, Any]) -> None:
    amp = talking()
    assert amp.line({**record, "@timestamp": "2026-01-01T00:00:00Z", "type": "news", "attempt": "many"}) == []
    assert plans(amp, record) == []
