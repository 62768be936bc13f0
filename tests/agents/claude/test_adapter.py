from __future__ import annotations

from sandbox_agent.adapter import Exited, Fork, SessionOptions, Spawn
from sandbox_agent.adapter.testing import Conversation
from sandbox_agent.schema.commands import Interrupt
from sandbox_agent.schema.events import AgentUnparsed, ErrorReported, TurnEnded
from sandbox_agent.schema.grammar import check

from .said import DONE, INIT, READY, Chat, answers, asks, calls, echo, note, says


def reasons(chat: Conversation) -> list[str | None]:
    check(chat.events)
    return [event.data.reason for event in chat.events if isinstance(event.data, TurnEnded)]


def resumed(chat: Conversation) -> list[str]:
    """The native sessions that processes were started with, "" for a new one."""
    spawns = [effect for effect in chat.effects if isinstance(effect, Spawn)]
    flags = [[word for word in spawn.argv if word.startswith("--resume=")] for spawn in spawns]
    return [words[0].removeprefix("--resume=") if words else "" for words in flags]


def test_the_prompt_waits_until_the_process_is_up() -> None:
    chat = Chat()
    chat.send("hello")
    assert (chat.asked, chat.prompts) == (["initialize"], [])
    chat.hear(READY)
    assert chat.prompts == ["hello"]
    chat.hear(INIT, says("hi"), DONE)
    assert reasons(chat) == ["completed"]
    assert chat.native_session_id == "native-1"


def test_a_process_that_refuses_to_initialize_still_gets_the_prompt() -> None:
    chat = Chat()
    chat.send("hello")
    refused = {"subtype": "error", "request_id": "initialize", "error": "not now"}
    chat.hear({"type": "control_response", "response": refused})
    assert chat.prompts == ["hello"]


def test_an_interrupt_before_the_process_is_up_drops_the_prompt() -> None:
    chat = Chat()
    chat.send("never")
    chat.command(Interrupt())
    assert reasons(chat) == ["interrupted"]
    chat.send("again", number=2)
    chat.hear(READY)
    assert chat.prompts == ["again"]
    assert len(resumed(chat)) == 1


def test_an_interrupt_is_written_once_with_all_background_tasks() -> None:
    chat = Chat()
    chat.started()
    chat.hear({"type": "system", "subtype": "task_started", "task_id": "b1", "tool_use_id": "t1"})
    chat.command(Interrupt())
    chat.command(Interrupt())
    assert chat.asked == ["initialize", "interrupt", "stop_task"]
    assert chat.written[-1]["request"]["task_id"] == "b1"
    chat.hear({"type": "result", "subtype": "error_during_execution", "is_error": True, "errors": ["[ede_diagnostic]"]})
    assert reasons(chat) == ["interrupted"]
    assert "error" not in chat.types


def test_an_abort_nobody_asked_for_is_an_interruption_too() -> None:
    chat = Chat()
    chat.started()
    chat.hear({**DONE, "is_error": True, "terminal_reason": "aborted_tools"})
    assert reasons(chat) == ["interrupted"]


def test_late_words_of_an_ended_turn_are_items_between_turns() -> None:
    chat = Chat()
    chat.started()
    chat.hear(DONE, says("by the way"), answers("late", "t9"))
    assert reasons(chat) == ["completed"]
    assert chat.types[-1] == "item.completed"
    assert not chat.keeper.turn_open


def test_a_turn_that_the_cli_begins_is_a_turn() -> None:
    chat = Chat()
    chat.started()
    chat.hear(DONE, INIT, says("it is finished"), {**DONE, "origin": {"kind": "task-notification"}})
    assert reasons(chat) == ["completed", "completed"]


def test_our_turn_goes_on_when_a_turn_of_the_cli_came_first() -> None:
    chat = Chat()
    chat.started()
    chat.hear(DONE)
    chat.send("second", number=2)
    chat.hear(INIT, says("it is finished"), {**DONE, "origin": {"kind": "task-notification"}})
    assert reasons(chat) == ["completed"]
    chat.hear(INIT, echo(chat.written[-1]), says("second answer", "m2"), DONE)
    assert reasons(chat) == ["completed", "completed"]


def test_a_message_steers_only_while_a_tool_runs() -> None:
    chat = Chat()
    chat.started()
    chat.send("wait for it", number=2, steer=True)
    assert chat.prompts == ["hello"]
    chat.hear(DONE)
    assert chat.prompts == ["hello", "wait for it"]


def test_a_steering_message_that_is_taken_belongs_to_the_turn() -> None:
    chat = Chat()
    chat.started()
    chat.hear(calls("Bash", {"command": "make"}))
    chat.send("faster", number=2, steer=True)
    assert chat.prompts == ["hello", "faster"]
    chat.hear(answers("made"), echo(chat.written[-1]), says("done"), DONE)
    assert chat.types.count("turn.started") == 1
    assert reasons(chat) == ["completed"]


def test_a_steering_message_that_came_too_late_gets_a_turn_of_its_own() -> None:
    chat = Chat()
    chat.started()
    chat.hear(calls("Bash", {"command": "make"}))
    chat.send("faster", number=2, steer=True)
    chat.hear(answers("made"), says("done"), DONE)
    assert chat.keeper.turn_open
    chat.hear(INIT, echo(chat.written[-1]), says("faster then", "m2"), DONE)
    assert reasons(chat) == ["completed", "completed"]


def test_a_process_that_dies_in_a_turn_ends_it_and_the_next_resumes() -> None:
    chat = Chat()
    chat.started()
    chat.exited(Exited(exit_code=-9))
    assert reasons(chat) == ["agent_exited"]
    chat.send("again", number=2)
    assert resumed(chat) == ["", "native-1"]


def test_a_prompt_written_to_a_dying_process_is_sent_once_more() -> None:
    chat = Chat()
    chat.started()
    chat.hear(DONE)
    chat.send("lost", number=2)
    chat.exited(Exited(exit_code=-9))
    assert chat.keeper.turn_open
    chat.hear(READY)
    assert chat.prompts == ["hello", "lost", "lost"]
    chat.exited(Exited(exit_code=-9))
    assert reasons(chat) == ["completed", "agent_exited"]


def test_a_process_that_ends_at_rest_is_no_event() -> None:
    chat = Chat()
    chat.started()
    chat.hear(DONE)
    before = len(chat.events)
    chat.exited(Exited(exit_code=1))
    assert len(chat.events) == before


def test_a_process_that_cannot_be_started_is_an_error() -> None:
    chat = Chat()
    chat.send()
    chat.exited(Exited(error="no such file"))
    assert reasons(chat) == ["error"]
    (error,) = [event.data for event in chat.events if isinstance(event.data, ErrorReported)]
    assert (error.code, error.message) == ("agent_start_failed", "no such file")


LOST = {"type": "result", "subtype": "error_during_execution", "is_error": True}
LOST["errors"] = ["No conversation found with session ID: native-1"]


def test_an_unknown_session_to_resume_is_an_error_once() -> None:
    chat = Chat(SessionOptions(session_id="s", resume="native-1"))
    chat.send()
    chat.hear(LOST)
    chat.exited(Exited(exit_code=1))
    assert reasons(chat) == ["error"]
    chat.send("again", number=2)
    assert resumed(chat) == ["native-1", ""]


def test_a_lost_session_of_our_own_begins_anew_with_the_same_prompt() -> None:
    chat = Chat()
    chat.started()
    chat.exited(Exited(exit_code=-9))
    chat.send("again", number=2)
    chat.hear(LOST)
    chat.exited(Exited(exit_code=1))
    chat.hear(READY)
    assert resumed(chat) == ["", "native-1", ""]
    assert chat.prompts == ["hello", "again"]
    chat.hear(INIT, DONE)
    assert reasons(chat) == ["agent_exited", "completed"]


def test_an_error_line_is_an_error_and_no_message() -> None:
    chat = Chat()
    chat.started()
    said = {**says("API Error: 500 oh"), "error": "server_error"}
    chat.hear(said, {**DONE, "is_error": True, "result": "API Error: 500 oh", "api_error_status": 500})
    assert reasons(chat) == ["error"]
    assert chat.types[-3:] == ["usage.updated", "error", "turn.ended"]
    assert all(item.role == "user" for item in chat.items)


def test_unknown_messages_and_requests_are_kept_and_answered() -> None:
    chat = Chat()
    chat.started()
    chat.hear({"type": "brand_new"}, {"type": "system", "subtype": "brand_new"}, {"type": "keep_alive"})
    request = {"subtype": "elicitation"}
    chat.hear({"type": "control_request", "request_id": "r9", "request": request})
    unparsed = [event.data.error for event in chat.events if isinstance(event.data, AgentUnparsed)]
    assert unparsed == [
        "unknown message: brand_new",
        "unknown system message: brand_new",
        "unknown request: elicitation",
    ]
    assert chat.written[-1]["response"]["subtype"] == "error"


def test_a_request_that_is_taken_back_is_resolved() -> None:
    chat = Chat()
    chat.started()
    chat.hear(asks("Bash", {"command": "make"}), {"type": "control_cancel_request", "request_id": "r1"})
    assert chat.types[-1] == "permission.resolved"
    assert chat.written[-1]["type"] == "user"


def test_text_the_cli_adds_for_the_model_is_a_system_item() -> None:
    chat = Chat()
    chat.started()
    chat.hear(
        note("This session is being continued"),
        note("[Request interrupted by user]"),
        note("<local-command-stdout>Compacted </local-command-stdout>"),
    )
    assert [(item.kind, item.role) for item in chat.items] == [
        ("message", "user"),
        ("system", "system"),
        ("status", "system"),
    ]


def test_a_fork_is_tried_until_the_session_has_an_id_of_its_own() -> None:
    chat = Chat(SessionOptions(session_id="s", fork=Fork(native_id="other", position="u1")))
    chat.send("hello")
    chat.exited(Exited(exit_code=1))
    assert reasons(chat) == ["agent_exited"]
    chat.send("again", number=2)
    chat.hear(READY, INIT, {**says("hi"), "uuid": "u2"}, DONE)
    chat.exited(Exited(exit_code=0))
    chat.send("more", number=3)
    assert resumed(chat) == ["other", "other", "native-1"]
    assert chat.position == "u2"
