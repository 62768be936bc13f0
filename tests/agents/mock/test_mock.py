"""The promises of the mock agent, in words. What each command gives in full is in the recordings."""

from __future__ import annotations

from typing import Any, cast

import pytest

from sandbox_agent.agents.mock import AGENT
from sandbox_agent.agents.mock.script import COMMANDS, EXTRAS, NUMBERED, SENTENCES
from sandbox_agent.schema.content import FileRefPart, ImagePart, Item, ReasoningPart, TextPart, ToolResultPart
from sandbox_agent.schema.events import (
    ErrorReported,
    Event,
    EventData,
    ItemCompleted,
    ItemStarted,
    PermissionRequested,
    QuestionRequested,
    TodoUpdated,
    TurnEnded,
    UsageUpdated,
)
from sandbox_agent.schema.grammar import check

from .talk import Talk

ASK = "Use the AskUserQuestion tool to ask exactly one yes/no question, then wait for a reply. Do not answer yourself."
LS = "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool."


def marks(events: list[Event]) -> list[str]:
    return [event.type + ("(s)" if event.synthetic else "") for event in events]


def of(kind: type[EventData], talk: Talk) -> list[Any]:
    return [event.data for event in talk.events if isinstance(event.data, kind)]


def finals(talk: Talk) -> dict[str, Item]:
    return {cast("str", data.item.native_item_id): data.item for data in of(ItemCompleted, talk)}


@pytest.mark.proves("text messages", "streaming deltas")
def test_hello_gives_the_eight_events_of_the_contract() -> None:
    talk = Talk().send("hello")
    assert marks(talk.events) == [
        "session.started(s)",
        "turn.started(s)",
        "item.started",
        "item.completed",
        "item.started",
        "item.delta(s)",
        "item.completed",
        "turn.ended(s)",
    ]
    assert [(item.item_id, item.role) for item in finals(talk).values()] == [("itm_1", "user"), ("itm_2", "assistant")]
    assert set(finals(talk)) == {"mock_1_user", "mock_1_reply"}
    assert {event.native_session_id for event in talk.events} == {"mock-session"}


def test_a_blank_message_is_a_turn_without_items() -> None:
    assert Talk().send(" \n ").types == ["session.started", "turn.started", "turn.ended"]


def test_the_text_an_item_starts_with_is_not_repeated_by_a_delta() -> None:
    started = [data.item for data in of(ItemStarted, Talk().send("demo")) if data.item.kind == "message"]
    assert [item.content for item in started if item.role == "assistant" and _has_text(item)] == []


def _has_text(item: Item) -> bool:
    return any(isinstance(part, TextPart) for part in item.content)


@pytest.mark.parametrize(
    ("message", "answer"),
    [
        ("anything else", ["anything else"]),
        ("ECHO  a   b", ["a b"]),
        ("say", ["Nothing to say: try `say hello`."]),
        ("Reply with exactly the single word OK.", ["OK"]),
        ("reply with exactly the word first.", ["FIRST"]),
        ("Reply with exactly the word SECOND.", ["SECOND"]),
        ("big 12", ["x" * 12]),
        ("flood 2", ["message 1", "message 2"]),
        ("plan a trip", ["plan a trip"]),
        ("slow down", ["slow down"]),
        ("big ideas only", ["big ideas only"]),
    ],
)
def test_it_says(message: str, answer: list[str]) -> None:
    assert Talk().send(message).texts == answer


def test_help_names_every_command() -> None:
    (text,) = Talk().send("help").texts
    words = {line.removeprefix("- ").split()[0] for line in text.splitlines() if line.startswith("- ")}
    assert words >= {*COMMANDS, *EXTRAS, *NUMBERED, "echo"}


@pytest.mark.proves("file attachments")
def test_attachments_are_named_below_the_message() -> None:
    assert Talk().send("look", "a.txt", "b.txt").texts == ["look\n\nAttachments:\n- a.txt\n- b.txt"]


@pytest.mark.proves("permissions")
def test_permissions_are_waited_for_acknowledged_and_then_the_turn_ends() -> None:
    talk = Talk().send("permission")
    assert talk.types[-2:] == ["permission.requested"] * 2
    asked = of(PermissionRequested, talk)
    assert [(data.permission_id, data.action) for data in asked] == [
        ("mock_1_permission", "command_execution"),
        ("mock_1_permission_denied", "file_change"),
    ]
    assert asked[0].metadata == {"codexRequestKind": "commandExecution", "command": "echo mock"}
    assert asked[1].metadata["path"] == "mock_1/deny.txt"
    talk.reply("mock_1_permission", "once").reply("mock_1_permission_denied", "reject")
    assert talk.texts == [
        "Permission mock_1_permission: accepted once.",
        "Permission mock_1_permission_denied: rejected.",
    ]
    assert talk.types[-1] == "turn.ended"


@pytest.mark.proves("questions")
def test_questions_are_waited_for_acknowledged_and_then_the_turn_ends() -> None:
    talk = Talk().send("questions")
    asked = of(QuestionRequested, talk)
    assert [(data.question_id, data.prompt, data.options) for data in asked] == [
        ("mock_1_question", "Choose a color", ("Red", "Blue")),
        ("mock_1_question_reject", "Allow mock experiment?", ("Yes", "No")),
    ]
    talk.refuse("mock_1_question_reject").answer("mock_1_question", ("Red",))
    assert talk.texts == ["Question mock_1_question_reject: rejected.", "Question mock_1_question: answered Red."]
    assert talk.types[-1] == "turn.ended"


@pytest.mark.proves("command execution")
@pytest.mark.parametrize("reply", ["once", "reject"])
def test_the_listing_asks_and_runs_its_tool_only_when_it_may(reply: Any) -> None:
    talk = Talk().send(LS)
    assert talk.types[-1] == "permission.requested"
    talk.reply("mock_1_permission", reply)
    assert ("mock_1_tool_result" in finals(talk)) is (reply == "once")
    assert talk.types[-1] == "turn.ended"


def test_the_list_sentence_asks_for_one_command() -> None:
    talk = Talk().send("List files in the current directory using available tools.")
    assert [data.metadata["command"] for data in of(PermissionRequested, talk)] == ["ls"]
    assert talk.reply("mock_1_permission", "once").types[-1] == "turn.ended"


def test_the_ask_sentence_asks_yes_or_no() -> None:
    (asked,) = of(QuestionRequested, Talk().send(ASK))
    assert (asked.prompt, asked.options) == ("Proceed?", ("Yes", "No"))


@pytest.mark.proves("tool calls", "tool results", "file changes")
def test_the_tool_fails_and_touches_three_files() -> None:
    result = finals(Talk().send("tools"))["mock_1_tool_result"]
    assert (result.status, result.role) == ("failed", "tool")
    assert isinstance(result.content[0], ToolResultPart)
    files = [part for part in result.content if isinstance(part, FileRefPart)]
    assert [(part.path, part.action, part.diff is not None) for part in files] == [
        ("mock_1/readme.md", "read", False),
        ("mock_1/output.txt", "write", True),
        ("mock_1/patch.txt", "patch", True),
    ]


@pytest.mark.proves("reasoning")
def test_the_rich_message_has_text_thoughts_and_data() -> None:
    (item,) = [
        item for key, item in finals(Talk().send("Answer briefly and include your reasoning.")).items() if "rich" in key
    ]
    assert item.content[0] == TextPart(text="Mock assistant streaming delta.")
    assert [part.visibility for part in item.content if isinstance(part, ReasoningPart)] == ["public", "private"]


@pytest.mark.proves("images")
def test_the_picture_is_a_png() -> None:
    parts = finals(Talk().send("image"))["mock_1_image"].content
    assert parts[1] == ImagePart(path="mock_1/image.png", mime="image/png")


@pytest.mark.proves("error events")
def test_an_error_is_followed_by_something_unparsed() -> None:
    talk = Talk().send("error")
    assert marks(talk.events)[-3:] == ["error(s)", "agent.unparsed(s)", "turn.ended(s)"]
    assert of(ErrorReported, talk) == [
        ErrorReported(message="Mock error event.", code="mock_error", details={"mock": True})
    ]


def test_the_demo_shows_everything_and_ends() -> None:
    talk = Talk().send("demo")
    shown = {event.type for event in talk.events} | {data.item.kind for data in of(ItemCompleted, talk)}
    assert shown >= {"error", "agent.unparsed", "permission.requested", "question.requested", "turn.ended"}
    assert shown >= {"message", "tool_call", "tool_result", "system", "status", "unknown"}
    assert talk.types[-1] == "turn.ended"


@pytest.mark.parametrize("word", ["end", "ENDED", "session.end"])
def test_end_ends_the_turn_and_the_session(word: str) -> None:
    talk = Talk().send(word)
    assert marks(talk.events)[-2:] == ["turn.ended(s)", "session.ended(s)"]
    assert talk.send("hello").types[-1] == "session.ended"


@pytest.mark.proves("interrupt")
def test_an_interrupt_stops_the_script_and_ends_the_turn() -> None:
    talk = Talk().send("slow 1000", lines=10).interrupt()
    (ended,) = of(TurnEnded, talk)
    assert ended.reason == "interrupted"
    assert len(talk.events) < 20
    assert talk.send("hello").texts[-1] == "hello"


def test_an_interrupt_at_rest_is_not_heard() -> None:
    talk = Talk().send("hello")
    before = len(talk.events)
    assert len(talk.interrupt().events) == before


def test_a_crash_ends_the_turn_and_the_next_message_starts_the_agent_again() -> None:
    talk = Talk().send("crash")
    (ended,) = of(TurnEnded, talk)
    assert (ended.reason, ended.exit_code) == ("agent_exited", 3)
    talk.send("hello")
    assert "mock_2_reply" in finals(talk)
    assert talk.types[-1] == "turn.ended"


def test_quick_messages_do_not_interleave() -> None:
    talk = Talk().send("slow 3", lines=2).send("echo two", lines=1).send("echo three")
    assert [text.strip() for text in talk.texts] == ["word 1 word 2 word 3", "two", "three"]
    assert [event_type for event_type in talk.types if event_type.startswith("turn")] == [
        "turn.started",
        "turn.ended",
    ] * 3


@pytest.mark.proves("subagents")
def test_the_parts_of_a_subagent_name_its_call_as_parent() -> None:
    items = finals(Talk().send("subagent"))
    task = items["mock_1_task"].item_id
    children = {key for key, item in items.items() if item.parent_id == task}
    assert children == {"mock_1_task_message", "mock_1_task_call", "mock_1_task_call_result"}


@pytest.mark.proves("to-do lists")
def test_a_to_do_list_gets_done() -> None:
    lists = [data.todos for data in of(TodoUpdated, Talk().send("todo"))]
    assert len(lists) == 4
    assert {todo.status for todo in lists[0]} == {"in_progress", "pending"}
    assert {todo.status for todo in lists[-1]} == {"completed"}


@pytest.mark.proves("usage")
def test_usage_adds_up_over_turns() -> None:
    first, second = of(UsageUpdated, Talk().send("usage").send("usage"))
    assert second.turn == first.turn
    assert second.session.input_tokens == 2 * first.session.input_tokens


def test_several_questions_come_in_one_request() -> None:
    talk = Talk().send("multi")
    (asked,) = of(QuestionRequested, talk)
    assert [question.multi_select for question in asked.questions] == [False, True]
    assert talk.answer("mock_1_multi", ("Blue",), ("Apple", "Plum")).texts == [
        "Question mock_1_multi: answered Blue; Apple, Plum."
    ]


@pytest.mark.proves("plan approval")
def test_a_plan_comes_with_its_text() -> None:
    (asked,) = of(QuestionRequested, Talk().send("plan"))
    assert asked.prompt == "Approve plan execution?"
    assert "Run the tests" in (asked.plan or "")


@pytest.mark.parametrize("message", [*COMMANDS, *EXTRAS, *NUMBERED, *SENTENCES])
def test_everything_it_can_do_is_legal_and_nothing_stays_unanswered(message: str) -> None:
    talk = Talk().send(f"{message} 20" if message in NUMBERED else message)
    while pending := list(talk.session.keeper.pending):
        talk.reply(pending[0], "once").answer(pending[0], ("Yes",))
    check(talk.events)
    assert talk.types[-1] in {"turn.ended", "session.ended"}


def test_its_record_says_what_the_contract_says() -> None:
    assert [mode.id for mode in AGENT.modes] == ["build", "plan"]
    assert AGENT.permission_modes == {
        "default": "default",
        "plan": "plan",
        "bypass": "bypass",
        "acceptEdits": "default",
    }
    assert AGENT.native_id("s") == "mock-s"
    assert not AGENT.capabilities.shared_process
    assert AGENT.install is None
