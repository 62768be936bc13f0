"""The mock agent, row by row: what a message makes it do.

Where the contract calls something a bug or leaves it to us, the turn contract holds: a turn that asked goes on after
the answer and ends, text is not said twice, and a blank message ends its turn.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.events import short

pytestmark = pytest.mark.anyio

BEGIN = ["turn.started(s)", "item.started user itm_1", "item.completed user itm_1"]
END = ["turn.ended(s)"]


def said(number: int = 2) -> list[str]:
    """A(x, "t") of the contract."""
    return [
        f"item.started assistant itm_{number}",
        f"item.delta(s) itm_{number}",
        f"item.completed assistant itm_{number}",
    ]


RICH = ["item.started assistant itm_2", "item.delta itm_2", "item.delta itm_2", "item.completed assistant itm_2"]
TOOL = [
    "item.started tool_call itm_2",
    "item.completed tool_call itm_2",
    "item.started tool_result itm_3",
    "item.completed tool_result itm_3 failed",
]
STATUS = ["item.started status itm_2", "item.completed status itm_2"]
PERMISSIONS = [
    "permission.requested mock_1_permission requested",
    "permission.requested mock_1_permission_denied requested",
]
QUESTIONS = ["question.requested mock_1_question requested", "question.requested mock_1_question_reject requested"]
MARKDOWN = ["item.started assistant itm_2", *["item.delta itm_2"] * 8, "item.completed assistant itm_2"]

COMMANDS: dict[str, list[str]] = {
    "any other text": [*said(), *END],
    "help": [*said(), *END],
    "HELP": [*said(), *END],
    "echo X": [*said(), *END],
    "say X": [*said(), *END],
    "echo": [*said(), *END],
    "markdown": [*MARKDOWN, *END],
    "tool": [*TOOL, *END],
    "tools": [*TOOL, *END],
    "tooling": [*TOOL, *END],
    "status": [*STATUS, *END],
    "image": [*said(), *END],
    "unknown": ["item.started unknown itm_2", "item.completed unknown itm_2", *END],
    "permission": PERMISSIONS,
    "permissions": PERMISSIONS,
    "question": QUESTIONS,
    "questions": QUESTIONS,
    "error": ["error(s) mock_error", "agent.unparsed(s)", *END],
    "unparsed": ["agent.unparsed(s)", *END],
    "end": [*END, "session.ended(s)"],
    "ended": [*END, "session.ended(s)"],
    "session.end": [*END, "session.ended(s)"],
    "Reply with exactly the single word OK.": [*said(), *END],
    "reply with exactly the single word ok.": [*said(), *END],
    "Reply with exactly the word FIRST.": [*said(), *END],
    "Reply with exactly the word SECOND.": [*said(), *END],
    "Answer briefly and include your reasoning.": [*RICH, *END],
    "Provide a short status update.": [*STATUS, *END],
    "List files in the current directory using available tools.": PERMISSIONS[:1],
    "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool.": PERMISSIONS[:1],
    "Use the AskUserQuestion tool to ask exactly one yes/no question, then wait for a reply. "
    "Do not answer yourself.": QUESTIONS[:1],
    "Call the AskUserQuestion tool with exactly one yes/no question and wait for a reply. "
    "Do not answer yourself.": QUESTIONS[:1],
}


async def play(running: Any, message: str) -> list[dict[str, Any]]:
    """A fresh session's events after `session.started`, as far as they come without an answer."""
    await running.create()
    await running.say(message)
    log = running.sessions.get("s").log
    async with running.patience():
        while running.sessions.get("s").state == "running" or log.last < 3:
            await log.wait(log.last)
        if running.sessions.get("s").state == "waiting":
            expected = 1 + len(BEGIN) + len(COMMANDS.get(message, []))
            while log.last < expected:
                await log.wait(log.last)
    events: list[dict[str, Any]] = await running.events()
    assert short(events[:1]) == ["session.started(s)"]
    return events[1:]


@pytest.mark.parametrize("message", COMMANDS, ids=lambda message: message[:60])
async def test_command(running: Any, message: str) -> None:
    events = await play(running, message)
    assert short(events) == BEGIN + COMMANDS[message]


def texts(events: list[dict[str, Any]]) -> list[str]:
    """The text of each completed message of the agent."""
    return [
        "".join(part["text"] for part in item["content"] if part["type"] == "text")
        for event in events
        if event["type"] == "item.completed" and (item := event["data"]["item"])["role"] == "assistant"
    ]


@pytest.mark.parametrize(
    ("message", "text"),
    [
        ("any other text", "any other text"),
        ("echo  a \t b", "a b"),
        ("say X", "X"),
        ("Reply with exactly the single word OK.", "OK"),
        ("Reply with exactly the word FIRST.", "FIRST"),
        ("Reply with exactly the word SECOND.", "SECOND"),
    ],
)
async def test_it_says(running: Any, message: str, text: str) -> None:
    assert texts(await play(running, message)) == [text]


def content(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    found: list[list[dict[str, Any]]] = [
        event["data"]["item"]["content"]
        for event in events
        if event["type"] == "item.completed" and event["data"]["item"]["kind"] == kind
    ]
    return found[-1]


async def test_tool_call_mock_search_and_its_result_with_three_files(running: Any) -> None:
    events = await play(running, "tool")
    (call,) = content(events, "tool_call")
    assert call == {
        "type": "tool_call",
        "name": "mock.search",
        "arguments": '{"query":"example"}',
        "call_id": "mock_1_call",
    }
    result, *files = content(events, "tool_result")
    assert (result["output"], result["call_id"]) == ("mock search results", "mock_1_call")
    assert [(file["path"], file["action"], file["diff"] is not None) for file in files] == [
        ("mock_1/readme.md", "read", False),
        ("mock_1/output.txt", "write", True),
        ("mock_1/patch.txt", "patch", True),
    ]


async def test_status_indexing(running: Any) -> None:
    events = await play(running, "status")
    parts = [
        event["data"]["item"]["content"][0] for event in events if event["data"].get("item", {}).get("kind") == "status"
    ]
    assert [(part["label"], part["detail"]) for part in parts] == [("Indexing", "2 files"), ("Indexing", "Done")]


async def test_image_png(running: Any) -> None:
    image = content(await play(running, "image"), "message")[-1]
    assert image == {"type": "image", "path": "mock_1/image.png", "mime": "image/png"}


async def test_rich_message_text_reasoning_public_and_private_json(running: Any) -> None:
    parts = content(await play(running, "Answer briefly and include your reasoning."), "message")
    assert [part["type"] for part in parts] == ["text", "reasoning", "reasoning", "json"]
    assert [part["visibility"] for part in parts[1:3]] == ["public", "private"]
    assert parts[3]["json"] == {"stage": "analysis", "ok": True}


async def test_permission_metadata(running: Any) -> None:
    first, second = (await play(running, "permission"))[-2:]
    assert first["data"]["action"] == "command_execution"
    assert first["data"]["metadata"]["codexRequestKind"] == "commandExecution"
    assert first["data"]["metadata"]["command"] == "echo mock"
    assert second["data"]["action"] == "file_change"
    assert second["data"]["metadata"]["path"] == "mock_1/deny.txt"


async def test_question_prompts_and_options(running: Any) -> None:
    first, second = (await play(running, "question"))[-2:]
    assert (first["data"]["prompt"], first["data"]["options"]) == ("Choose a color", ["Red", "Blue"])
    assert (second["data"]["prompt"], second["data"]["options"]) == ("Allow mock experiment?", ["Yes", "No"])


async def test_error_mock_error_with_details(running: Any) -> None:
    error = next(event for event in await play(running, "error") if event["type"] == "error")
    assert error["data"] == {"message": "Mock error event.", "code": "mock_error", "details": {"mock": True}}
    assert (error["synthetic"], error["source"]) == (True, "daemon")


async def test_end_is_by_the_agent_and_completed(running: Any) -> None:
    ended = (await play(running, "end"))[-1]
    assert (ended["data"]["reason"], ended["data"]["terminated_by"]) == ("completed", "agent")


async def test_demo_shows_everything_in_order(running: Any) -> None:
    await running.create()
    await running.say("demo")
    seen: list[str] = []
    async with running.patience():
        while not seen or not seen[-1].startswith("turn.ended"):
            detail = (await running.client.get("/v1/sessions/s")).json()
            for each in detail["permissions"]:
                path = f"/v1/sessions/s/permissions/{each['permission_id']}/reply"
                await running.client.post(path, json={"reply": "once"})
            for each in detail["questions"]:
                await running.client.post(f"/v1/sessions/s/questions/{each['question_id']}/reject")
            seen = short(await running.events())
    kinds = [word.split()[0].removesuffix("(s)") + ":" + [*word.split(), ""][1] for word in seen]
    order = [
        "item.completed:system",
        "item.completed:status",
        "item.completed:tool_call",
        "item.completed:tool_result",
        "item.completed:unknown",
        "permission.requested:mock_1_permission",
        "question.requested:mock_1_question",
        "error:mock_error",
        "agent.unparsed:",
        "turn.ended:",
    ]
    places = [kinds.index(each) for each in order]
    assert places == sorted(places)


async def test_a_blank_message_has_no_item_and_ends_its_turn(running: Any) -> None:
    await running.create()
    assert short(await running.turn("   ")) == ["turn.started(s)", "turn.ended(s)"]


async def test_attachments_are_appended_to_the_text(running: Any, tmp_path: Any) -> None:
    (tmp_path / "a.txt").write_text("x")
    await running.create()
    await running.say("look", attachments=[{"path": "a.txt"}])
    await running.until("turn.ended")
    user = content((await running.events())[:4], "message")[0]["text"]
    assert user.startswith("look\n\nAttachments:\n- ")
    assert user.endswith("a.txt")


async def test_modes_models_and_native_session_id(running: Any) -> None:
    created = await running.client.post("/v1/sessions/s", json={"agent": "mock"})
    assert created.json()["nativeSessionId"] == "mock-s"
    modes = (await running.client.get("/v1/agents/mock/modes")).json()["modes"]
    assert [mode["id"] for mode in modes] == ["build", "plan"]
    models = (await running.client.get("/v1/agents/mock/models")).json()
    assert (models["models"], models["defaultModel"]) == ([{"id": "mock", "name": "Mock"}], "mock")
    (info,) = [each for each in (await running.client.get("/v1/agents")).json()["agents"] if each["id"] == "mock"]
    assert (info["installed"], info["version"], info["credentialsAvailable"]) == (True, "builtin", True)
    assert [name for name, able in info["capabilities"].items() if not able] == ["sharedProcess"]
    for mode in ["default", "plan", "bypass", "acceptEdits"]:
        response = await running.client.post(f"/v1/sessions/{mode}", json={"agent": "mock", "permissionMode": mode})
        assert response.status_code == 200


async def test_hello_in_a_fresh_session(running: Any) -> None:
    await play(running, "hello")
    events = await running.events()
    assert short(events) == ["session.started(s)", *BEGIN, *said(), *END]
    assert [event["sequence"] for event in events] == list(range(1, 9))
    assert events[4]["data"]["item"]["native_item_id"] == "mock_1_reply"


async def test_the_second_message_has_the_prefix_mock_2(running: Any) -> None:
    await play(running, "hello")
    natives = [
        event["data"]["item"]["native_item_id"] for event in await running.turn("hello") if "item" in event["data"]
    ]
    assert natives == ["mock_2_user", "mock_2_user", "mock_2_reply", "mock_2_reply"]


@pytest.mark.parametrize(
    ("reply", "status"), [("once", "accept"), ("always", "accept_for_session"), ("reject", "reject")]
)
async def test_permission_reply(running: Any, reply: str, status: str) -> None:
    await play(running, "permission")
    path = "/v1/sessions/s/permissions/mock_1_permission/reply"
    assert (await running.client.post(path, json={"reply": reply})).status_code == 204
    resolved = await running.until("permission.resolved")
    assert (resolved["synthetic"], resolved["data"]["status"]) == (True, status)
    assert resolved["data"]["action"] == "command_execution"
    assert resolved["data"]["metadata"]["command"] == "echo mock"


async def test_permission_always_is_remembered_for_the_session(running: Any) -> None:
    await play(running, "permission")
    for name, reply in [("mock_1_permission", "always"), ("mock_1_permission_denied", "reject")]:
        await running.client.post(f"/v1/sessions/s/permissions/{name}/reply", json={"reply": reply})
    await running.until("turn.ended")
    await running.say("permission")
    await running.until("permission.resolved")
    statuses = [
        event["data"]["status"]
        for event in await running.events()
        if event["data"].get("permission_id") == "mock_2_permission"
    ]
    assert statuses == ["requested", "accept_for_session"]


async def test_question_reply_and_reject(running: Any) -> None:
    await play(running, "question")
    reply = {"answers": [["Blue"]]}
    assert (await running.client.post("/v1/sessions/s/questions/mock_1_question/reply", json=reply)).status_code == 204
    assert (await running.client.post("/v1/sessions/s/questions/mock_1_question_reject/reject")).status_code == 204
    await running.until("turn.ended")
    resolved = [event["data"] for event in await running.events() if event["type"] == "question.resolved"]
    assert [(each["status"], each["response"]) for each in resolved] == [("answered", "Blue"), ("rejected", None)]
