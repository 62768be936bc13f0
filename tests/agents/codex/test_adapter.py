from __future__ import annotations

from typing import Any

import pytest

from sandbox_agent.adapter import Exited, Fork, Spawn, Stop
from sandbox_agent.agents.codex.patience import TRIES
from sandbox_agent.schema.commands import Interrupt, RejectQuestion, ReplyQuestion
from sandbox_agent.schema.content import StatusPart
from sandbox_agent.schema.events import AgentUnparsed, ErrorReported, QuestionRequested, TodoUpdated

from .chat import THREAD, Chat


def labels(chat: Chat) -> list[str]:
    return [part.label for item in chat.items for part in item.content if isinstance(part, StatusPart)]


def test_the_prompt_waits_for_the_thread() -> None:
    chat = Chat()
    chat.send()
    assert chat.methods == ["initialize"]
    chat.opened()
    assert chat.methods == ["initialize", "initialized", "account/read", "thread/start", "turn/start"]
    assert chat.native_session_id == THREAD
    assert chat.asked[-1]["params"]["input"][0]["text"] == "hello"


def test_a_key_logs_in_only_where_a_login_is_needed() -> None:
    chat = Chat(environ={"OPENAI_API_KEY": "sk-1"})
    chat.send()
    chat.replies("initialize")
    chat.replies("account/read", {"account": None, "requiresOpenaiAuth": True})
    assert chat.asked[-1]["params"] == {"type": "apiKey", "apiKey": "sk-1"}
    chat.replies("account/login/start")
    assert chat.methods[-1] == "thread/start"


@pytest.mark.parametrize(
    "account",
    [
        {"account": {"type": "chatgpt"}, "requiresOpenaiAuth": True},
        {"account": None, "requiresOpenaiAuth": False},
    ],
)
def test_who_is_logged_in_or_needs_no_login_is_left_alone(account: dict[str, Any]) -> None:
    chat = Chat(environ={"OPENAI_API_KEY": "sk-1"})
    chat.send()
    chat.replies("initialize")
    chat.replies("account/read", account)
    assert chat.methods[-1] == "thread/start"


@pytest.mark.parametrize("method", ["initialize", "thread/start", "turn/start"])
def test_a_refused_step_ends_the_turn_with_its_reason(method: str) -> None:
    chat = Chat()
    chat.send()
    if method == "turn/start":
        chat.opened()
    elif method == "thread/start":
        chat.replies("initialize")
        chat.replies("account/read")
    chat.replies(method, error="it cannot be")
    error = next(event.data for event in chat.events if event.type == "error")
    assert getattr(error, "message", "") == "it cannot be"
    assert chat.reasons == ["error"]


def test_after_a_refused_start_the_next_message_starts_anew_once_the_server_is_left() -> None:
    chat = Chat()
    chat.send()
    chat.replies("initialize", error="no")
    assert isinstance(chat.effects[-1], Stop)
    chat.send("again", number=2)
    chat.exited(Exited())
    assert isinstance(chat.effects[-2], Spawn)
    chat.opened()
    assert chat.asked[-1]["params"]["input"][0]["text"] == "again"


@pytest.mark.parametrize(
    "words",
    [
        "no rollout found for thread id thread-1",
        "failed to read thread: failed to read session metadata /x.jsonl: rollout at /x.jsonl is empty",
    ],
)
def test_a_thread_of_our_own_that_is_lost_is_begun_anew(words: str) -> None:
    chat = Chat()
    chat.started()
    chat.done()
    chat.exited(Exited(exit_code=-9))
    chat.send("again", number=2)
    chat.replies("initialize")
    chat.replies("account/read")
    assert chat.methods[-1] == "thread/resume"
    chat.replies("thread/resume", error=words)
    assert chat.methods[-1] == "thread/start"
    assert labels(chat) == ["resume_failed"]


def test_a_thread_that_a_client_named_is_not_quietly_another() -> None:
    chat = Chat(resume="thread-0")
    chat.send()
    chat.replies("initialize")
    chat.replies("account/read")
    chat.replies("thread/resume", error="no rollout found for thread id thread-0")
    assert chat.reasons == ["error"]
    assert [getattr(event.data, "code", None) for event in chat.events if event.type == "error"] == ["resume_failed"]


def test_a_thread_without_a_turn_is_not_resumed() -> None:
    chat = Chat()
    chat.send()
    chat.opened()
    chat.command(Interrupt())
    chat.exited(Exited(exit_code=-9))
    chat.send("again", number=2)
    chat.replies("initialize")
    chat.replies("account/read")
    assert chat.methods[-1] == "thread/start"


def test_a_prompt_that_went_to_a_dying_server_is_sent_once_more() -> None:
    chat = Chat()
    chat.send()
    chat.opened()
    chat.exited(Exited(exit_code=-9))
    assert chat.reasons == []
    chat.opened()
    assert [each["method"] for each in chat.asked].count("turn/start") == 2
    chat.exited(Exited(exit_code=-9))
    assert chat.reasons == ["agent_exited"]


def test_an_interrupt_before_the_turn_has_a_name_waits_for_it() -> None:
    chat = Chat()
    chat.send()
    chat.opened()
    chat.command(Interrupt())
    assert "turn/interrupt" not in chat.methods
    chat.begun()
    assert chat.asked[-1]["params"] == {"threadId": THREAD, "turnId": "turn-1"}
    chat.done(status="interrupted")
    assert chat.reasons == ["interrupted"]


def test_an_interrupted_turn_ends_when_its_commands_are_gone() -> None:
    chat = Chat()
    chat.started()
    chat.item("commandExecution", begins=True, processId="41", command="sleep 9")
    chat.command(Interrupt())
    chat.done(status="interrupted")
    assert chat.asked[-1]["params"] == {"threadId": THREAD, "processId": "41"}
    assert chat.reasons == []
    chat.replies("thread/backgroundTerminals/terminate")
    assert chat.reasons == ["interrupted"]


def test_a_message_that_came_too_late_to_steer_is_the_next_turn() -> None:
    chat = Chat()
    chat.started()
    chat.send("left", number=2, steer=True)
    assert chat.asked[-1]["params"]["expectedTurnId"] == "turn-1"
    chat.done()
    chat.replies("turn/steer", error="no active turn to steer")
    assert chat.asked[-1]["method"] == "turn/start"
    assert chat.asked[-1]["params"]["input"][0]["text"] == "left"
    chat.begun("turn-2")
    chat.done("turn-2")
    assert chat.reasons == ["completed", "completed"]


def test_a_steer_that_is_refused_in_the_turn_follows_at_its_end() -> None:
    chat = Chat()
    chat.started()
    chat.send("left", number=2, steer=True)
    chat.replies("turn/steer", error="not steerable")
    chat.done()
    assert chat.types[-2:] == ["turn.ended", "turn.started"]
    assert chat.asked[-1]["params"]["input"][0]["text"] == "left"


def test_a_turn_that_codex_begins_by_itself_is_a_turn() -> None:
    chat = Chat()
    chat.started()
    chat.done()
    chat.told("turn/started", turn={"id": "turn-9"})
    assert chat.types[-1] == "turn.started"
    chat.done("turn-9")
    assert chat.reasons == ["completed", "completed"]


def test_the_end_of_a_turn_is_said_once_and_only_of_the_turn_that_runs() -> None:
    chat = Chat()
    chat.started()
    chat.done("turn-0")
    assert chat.reasons == []
    chat.done()
    chat.done()
    chat.told("turn/started", turn={"id": "turn-1"})
    assert chat.reasons == ["completed"]


def test_a_subagents_items_are_below_its_call_and_its_turns_are_not_ours() -> None:
    chat = Chat()
    chat.started()
    spawned: dict[str, Any] = {"tool": "spawnAgent", "receiverThreadIds": ["child"], "prompt": "dig"}
    chat.item("collabAgentToolCall", "c1", begins=True, **spawned)
    chat.told("turn/started", threadId="child", turn={"id": "turn-c"})
    chat.item("agentMessage", "m1", thread="child", text="found")
    chat.told("turn/completed", threadId="child", turn={"id": "turn-c", "status": "completed"})
    assert chat.reasons == []
    call, message = chat.items[-2:]
    assert message.parent_id == call.item_id


def test_an_interrupt_reaches_the_turns_of_subagents() -> None:
    chat = Chat()
    chat.started()
    chat.told("turn/started", threadId="child", turn={"id": "turn-c"})
    chat.command(Interrupt())
    asked = [each["params"] for each in chat.asked if each["method"] == "turn/interrupt"]
    assert {"threadId": "child", "turnId": "turn-c"} in asked
    assert {"threadId": THREAD, "turnId": "turn-1"} in asked


def test_a_subagent_that_fails_is_a_status_and_not_the_end() -> None:
    chat = Chat()
    chat.started()
    failed = {"id": "turn-c", "status": "failed", "error": {"message": "oh"}}
    chat.told("turn/completed", threadId="child", turn=failed)
    assert labels(chat) == ["subagent.failed"]
    assert chat.reasons == []


def test_steps_become_todos_those_of_subagents_do_not() -> None:
    chat = Chat()
    chat.started()
    step = {"step": "look", "status": "inProgress"}
    chat.told("turn/plan/updated", plan=[step])
    chat.told("turn/plan/updated", threadId="child", plan=[step])
    (told,) = [event.data for event in chat.events if isinstance(event.data, TodoUpdated)]
    assert (told.todos[0].content, told.todos[0].status) == ("look", "in_progress")


def planned(**options: Any) -> tuple[Chat, QuestionRequested]:
    chat = Chat(agent_mode="plan", **options)
    chat.send()
    chat.opened(model="gpt-5.5", reasoningEffort="low")
    chat.begun()
    chat.item("plan", "p1", text="# Plan")
    chat.done()
    question = chat.events[-1].data
    assert isinstance(question, QuestionRequested)
    return chat, question


def test_plan_mode_is_told_with_model_and_effort() -> None:
    chat, question = planned()
    assert chat.asked[-1]["params"]["collaborationMode"]["mode"] == "plan"
    assert chat.asked[-1]["params"]["collaborationMode"]["settings"]["model"] == "gpt-5.5"
    assert chat.asked[-1]["params"]["sandboxPolicy"] == {"type": "readOnly"}
    assert question.plan == "# Plan"


def test_an_approved_plan_leaves_plan_mode_for_the_sessions_own_permissions() -> None:
    chat, question = planned(permission_mode="bypass")
    chat.command(ReplyQuestion(question_id=question.question_id, answers=(("approve",),)))
    params = chat.asked[-1]["params"]
    assert params["input"][0]["text"] == "Implement the plan."
    assert params["collaborationMode"]["mode"] == "default"
    assert (params["approvalPolicy"], params["sandboxPolicy"]) == ("never", {"type": "dangerFullAccess"})
    assert chat.reasons == []


def test_words_about_a_plan_stay_in_plan_mode() -> None:
    chat, question = planned()
    chat.command(ReplyQuestion(question_id=question.question_id, answers=(("shorter please",),)))
    assert chat.asked[-1]["params"]["input"][0]["text"] == "shorter please"
    assert chat.asked[-1]["params"]["collaborationMode"]["mode"] == "plan"


def test_a_rejected_plan_ends_the_turn() -> None:
    chat, question = planned()
    chat.command(RejectQuestion(question_id=question.question_id))
    assert chat.reasons == ["completed"]


def test_retries_are_status_and_the_last_error_is_told_once() -> None:
    chat = Chat()
    chat.started()
    error = {"message": "Reconnecting... 1/5", "codexErrorInfo": "serverOverloaded", "additionalDetails": "503"}
    chat.told("error", error=error, willRetry=True)
    chat.told("error", error=error, willRetry=False)
    chat.done(status="failed", error=error)
    assert labels(chat) == ["retry"]
    assert [event.type for event in chat.events].count("error") == 1


def test_what_nobody_knows_is_kept() -> None:
    chat = Chat()
    chat.started()
    chat.told("thread/strange")
    chat.told("item/completed", item={"type": 1})
    chat.hear({"nothing": True})
    assert [type(event.data) for event in chat.events[-3:]] == [AgentUnparsed] * 3


def test_a_server_that_dies_ends_the_turn_with_its_exit() -> None:
    chat = Chat()
    chat.started()
    chat.exited(Exited(exit_code=3))
    assert chat.reasons == ["agent_exited"]
    chat.send("again", number=2)
    assert isinstance(chat.effects[-2], Spawn)


def test_a_fork_begins_with_the_turns_of_another_thread() -> None:
    chat = Chat(fork=Fork(native_id="other", position="turn-0"))
    chat.send()
    chat.replies("initialize")
    chat.replies("account/read", {"requiresOpenaiAuth": False})
    assert chat.methods[-1] == "thread/fork"
    told = chat.asked[-1]["params"]
    assert (told["threadId"], told["lastTurnId"], told["excludeTurns"]) == ("other", "turn-0", True)
    chat.replies("thread/fork", {"thread": {"id": THREAD}})
    chat.begun()
    chat.done()
    assert (chat.native_session_id, chat.position) == (THREAD, "turn-1")
    chat.exited(Exited(exit_code=1))
    chat.send(number=2)
    chat.opened()
    assert "thread/resume" in chat.methods


def test_a_fork_of_a_thread_that_is_not_there_is_an_error_and_the_next_message_begins_anew() -> None:
    chat = Chat(fork=Fork(native_id="other"))
    chat.send()
    chat.replies("initialize")
    chat.replies("account/read", {"requiresOpenaiAuth": False})
    chat.replies("thread/fork", error="no rollout found for thread id other")
    assert chat.reasons == ["error"]
    assert "resume_failed" in str(chat.events)
    chat.exited(Exited(exit_code=0))
    chat.send(number=2)
    chat.opened()
    assert "thread/start" in chat.methods


def waits(chat: Chat, thread: str = THREAD) -> None:
    error = {"message": "Reconnecting... waiting for network", "additionalDetails": "Connection failed"}
    chat.told("error", threadId=thread, error=error, willRetry=True)


def test_a_turn_that_waits_for_a_network_for_too_long_is_an_error_and_leaves_nothing_running() -> None:
    chat = Chat()
    chat.started()
    chat.item("commandExecution", "c1", begins=True, command="sleep", processId="7")
    for _ in range(TRIES):
        assert "turn/interrupt" not in chat.methods
        waits(chat)
    waits(chat)
    assert chat.methods.count("turn/interrupt") == 1
    chat.done(status="interrupted")
    chat.replies("thread/backgroundTerminals/terminate")
    assert chat.reasons == ["error"]
    errors = [event.data for event in chat.events if isinstance(event.data, ErrorReported)]
    assert [(error.code, "Connection failed" in error.message) for error in errors] == [("connection_failed", True)]
    chat.send(number=2)
    chat.begun("turn-2")
    chat.command(Interrupt())
    chat.done("turn-2", status="interrupted")
    assert chat.reasons == ["error", "interrupted"]


def test_retries_that_codex_counts_and_those_before_it_goes_on_are_no_reason_to_give_up() -> None:
    chat = Chat()
    chat.started()
    for number in range(2 * TRIES):
        chat.told("error", error={"message": f"Reconnecting... {number}/{2 * TRIES}"}, willRetry=True)
    for number in range(2 * TRIES):
        waits(chat)
        chat.item("agentMessage", f"m{number}", begins=True, text="")
    assert "turn/interrupt" not in chat.methods
