"""Section 10 of the contract, turns: messages, what the stream tells of them, permissions and questions."""

from __future__ import annotations

import asyncio
import base64
from pathlib import Path
from typing import Any

import pytest

from .opencode import create, hearing, prompt, words

pytestmark = pytest.mark.anyio


# Messages


async def test_a_message_waits_for_the_answer_and_async_does_not(running: Any) -> None:
    await create(running.client)
    answer = (await prompt(running.client, "ses_1", "hello")).json()
    assert [part["type"] for part in answer["parts"]] == ["step-start", "text", "step-finish"]
    assert (answer["info"]["role"], answer["info"]["finish"], words(answer)) == ("assistant", "stop", "hello")
    async with hearing(running.client) as heard:
        parts = [{"type": "text", "text": "again"}]
        sent = await running.client.post("/session/ses_1/prompt_async", json={"parts": parts})
        assert (sent.status_code, sent.content) == (204, b"")
        await heard.first("session.idle")
    messages = (await running.client.get("/session/ses_1/message")).json()
    assert [words(each) for each in messages] == ["hello", "hello", "again", "again"]
    assert messages[1] == answer
    assert messages[1]["info"]["parentID"] == messages[0]["info"]["id"]
    ids = [each["info"]["id"] for each in messages]
    assert ids == sorted(ids)
    assert (await running.client.get(f"/session/ses_1/message/{ids[1]}")).json() == answer
    assert (await running.client.get("/session/ses_1/message/msg_none")).status_code == 404
    last = (await running.client.get("/session/ses_1/message", params={"limit": 1})).json()
    assert [each["info"]["id"] for each in last] == ids[-1:]
    before = (await running.client.get("/session/ses_1/message", params={"limit": 1, "before": ids[2]})).json()
    assert [each["info"]["id"] for each in before] == [ids[1]]


async def test_the_client_may_name_its_message(running: Any) -> None:
    await create(running.client)
    answer = (await prompt(running.client, "ses_1", "hello", messageID="msg_mine")).json()
    assert answer["info"]["parentID"] == "msg_mine"
    assert (await prompt(running.client, "ses_1", "hello", messageID="msg_mine")).status_code == 400
    assert (await prompt(running.client, "ses_1", "hello", messageID="mine")).status_code == 400


async def test_messages_during_a_turn_wait_and_each_has_its_answer(serve: Any) -> None:
    async with serve(pace=0.005) as running:
        await create(running.client, model="mock/mock")
        answers = await asyncio.gather(*(prompt(running.client, "ses_1", f"word {number}") for number in range(3)))
        assert sorted(words(each.json()) for each in answers) == ["word 0", "word 1", "word 2"]
        assert len({each.json()["info"]["id"] for each in answers}) == 3
        for each in answers:
            asked = (await running.client.get(f"/session/ses_1/message/{each.json()['info']['parentID']}")).json()
            assert words(asked) == words(each.json())


async def test_a_message_that_wants_no_reply_goes_with_the_next_one(running: Any) -> None:
    await create(running.client)
    noted = (await prompt(running.client, "ses_1", "echo first", noReply=True)).json()
    assert (noted["info"]["role"], words(noted)) == ("user", "echo first")
    answer = (await prompt(running.client, "ses_1", "second")).json()
    assert words(answer) == "first second"
    roles = [each["info"]["role"] for each in (await running.client.get("/session/ses_1/message")).json()]
    assert roles == ["user", "user", "assistant"]


async def test_files_go_by_path_and_as_data(running: Any, tmp_path: Path) -> None:
    (tmp_path / "a b.txt").write_text("x")
    await create(running.client)
    data = base64.b64encode(b"picture").decode()
    parts = [
        {"type": "text", "text": "look"},
        {"type": "file", "mime": "text/plain", "url": f"file://{tmp_path}/a%20b.txt", "filename": "a b.txt"},
        {"type": "file", "mime": "image/png", "url": f"data:image/png;base64,{data}", "filename": "../p.png"},
    ]
    answer = (await running.client.post("/session/ses_1/message", json={"parts": parts})).json()
    assert f"- {tmp_path}/a b.txt" in words(answer)
    stored = Path(words(answer).splitlines()[-1].removeprefix("- "))
    assert await asyncio.to_thread(stored.read_bytes) == b"picture"
    assert stored.is_relative_to(running.sessions.get("ses_1").options.private_dir)
    user = (await running.client.get("/session/ses_1/message")).json()[0]
    assert [part["type"] for part in user["parts"]] == ["text", "file", "file"]


@pytest.mark.parametrize(
    "part",
    [
        {"type": "file", "mime": "text/plain", "url": "https://example.com/x"},
        {"type": "file", "mime": "text/plain", "url": "data:text/plain"},
        {"type": "file", "mime": "text/plain", "url": "data:text/plain;base64,%%%"},
        {"type": "file", "mime": "text/plain", "url": "file:///none/at/all"},
        {"type": "strange"},
        {"type": "text"},
    ],
    ids=str,
)
async def test_parts_that_make_no_sense_are_400_and_nothing_is_said(running: Any, part: Any) -> None:
    await create(running.client)
    response = await running.client.post("/session/ses_1/message", json={"parts": [part]})
    assert (response.status_code, response.json()["success"]) == (400, False)
    assert (await running.client.get("/session/ses_1/message")).json() == []


async def test_commands_and_shell_lines_are_words_for_the_agent(running: Any) -> None:
    await create(running.client)
    command = await running.client.post("/session/ses_1/command", json={"command": "review", "arguments": "all of it"})
    assert words(command.json()) == "/review all of it"
    shell = await running.client.post("/session/ses_1/shell", json={"agent": "build", "command": "ls -l"})
    assert "ls -l" in words(shell.json())


# What the stream tells


async def test_a_turn_is_busy_then_messages_and_parts_then_idle_once(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        await prompt(running.client, "ses_1", "hello")
        await heard.first("session.idle")
    statuses = [each["status"]["type"] for each in heard.of("session.status")]
    assert statuses == ["busy", "idle"]
    assert heard.types.count("session.idle") == 1
    roles = [each["info"]["role"] for each in heard.of("message.updated")]
    assert roles[0] == "user"
    assert set(roles[1:]) == {"assistant"}
    assert heard.of("message.updated")[-1]["info"]["time"]["completed"]


async def test_text_comes_in_deltas_for_old_clients_and_new_ones(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        answer = (await prompt(running.client, "ses_1", "markdown")).json()
        await heard.first("session.idle")
    part = next(part for part in answer["parts"] if part["type"] == "text")
    new = [each for each in heard.of("message.part.delta") if each["partID"] == part["id"]]
    old = [each for each in heard.of("message.part.updated") if each["part"]["id"] == part["id"]]
    assert len(new) > 3
    assert {each["field"] for each in new} == {"text"}
    assert "".join(each["delta"] for each in new) == part["text"]
    assert "".join(each.get("delta", "") for each in old) == part["text"]
    assert old[-1]["part"] == part


async def test_a_long_text_is_not_sent_again_with_every_delta(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        answer = (await prompt(running.client, "ses_1", "slow 3000")).json()
        await heard.first("session.idle")
    part = next(part for part in answer["parts"] if part["type"] == "text")
    whole = [each["part"]["text"] for each in heard.of("message.part.updated") if each["part"]["id"] == part["id"]]
    assert len(heard.of("message.part.delta")) == 3000
    assert sum(map(len, whole)) < 40 * len(part["text"])
    assert "".join(each.get("delta", "") for each in heard.of("message.part.updated")) == part["text"]


async def test_tools_are_pending_running_and_completed_or_in_error(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        await prompt(running.client, "ses_1", "tool")
        await prompt(running.client, "ses_1", "diff")
        await heard.until(lambda heard: heard.types.count("session.idle") == 2)
    states: dict[str, list[str]] = {}
    for each in heard.of("message.part.updated"):
        if each["part"]["type"] == "tool":
            states.setdefault(each["part"]["tool"], []).append(each["part"]["state"]["status"])
    assert states == {"mock.search": ["pending", "running", "error"], "edit": ["pending", "running", "completed"]}
    edited = [each["file"] for each in heard.of("file.edited")]
    assert edited == ["mock_1/output.txt", "mock_1/patch.txt", "src/greet.py"]
    edit = [each["part"] for each in heard.of("message.part.updated") if each["part"].get("tool") == "edit"][-1]
    assert edit["state"]["input"] == {"path": "src/greet.py", "filePath": "src/greet.py"}
    assert "+    name = name.strip()" in edit["state"]["metadata"]["diff"]


async def test_thoughts_and_pictures_are_parts_of_their_own(running: Any) -> None:
    await create(running.client)
    thought = (await prompt(running.client, "ses_1", "think")).json()
    assert [part["type"] for part in thought["parts"]] == ["step-start", "reasoning", "text", "step-finish"]
    assert thought["parts"][1]["text"].startswith("The user wants")
    picture = (await prompt(running.client, "ses_1", "image")).json()
    shown = next(part for part in picture["parts"] if part["type"] == "file")
    assert (shown["mime"], shown["filename"]) == ("image/png", "image.png")


async def test_tokens_and_cost_are_of_the_message_and_of_the_session(running: Any) -> None:
    await create(running.client)
    for _ in range(2):
        answer = (await prompt(running.client, "ses_1", "usage")).json()
    assert answer["info"]["tokens"]["input"] == 1200
    session = (await running.client.get("/session/ses_1")).json()
    assert (session["tokens"]["input"], session["tokens"]["cache"]["read"]) == (2400, 1600)
    assert session["cost"] == pytest.approx(0.0246)


async def test_an_error_is_told_and_the_session_rests(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        answer = (await prompt(running.client, "ses_1", "crash")).json()
        await heard.first("session.idle")
        await prompt(running.client, "ses_1", "error")
        await heard.until(lambda heard: heard.types.count("session.idle") == 2)
    assert answer["info"]["error"]["name"] == "UnknownError"
    assert [each["status"]["type"] for each in heard.of("session.status")][-1] == "idle"
    assert heard.of("session.error")[0]["error"]["data"]["message"]


async def test_abort_interrupts_the_turn_and_takes_back_what_waits(serve: Any) -> None:
    async with serve(pace=0.01) as running, hearing(running.client) as heard:
        await create(running.client, model="mock/mock")
        first = asyncio.create_task(prompt(running.client, "ses_1", "slow 100000"))
        await heard.first("message.part.delta")
        second = asyncio.create_task(prompt(running.client, "ses_1", "later"))
        await heard.until(
            lambda heard: [each["info"]["role"] for each in heard.of("message.updated")].count("user") == 2
        )
        assert (await running.client.post("/session/ses_1/abort")).json() is True
        async with running.patience():
            answers = [(await each).json() for each in (first, second)]
        assert [each["info"]["error"]["name"] for each in answers] == ["MessageAbortedError"] * 2
        assert "word 1" in words(answers[0])
        await heard.first("session.idle")
        assert words((await prompt(running.client, "ses_1", "still here")).json()) == "still here"
        assert (await running.client.post("/session/ses_none/abort")).status_code == 404


# Permissions and questions


@pytest.mark.parametrize(
    ("reply", "status"), [("once", "accept"), ("always", "accept_for_session"), ("reject", "reject")]
)
async def test_permissions_are_asked_and_replied(running: Any, reply: str, status: str) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        waiting = asyncio.create_task(
            prompt(running.client, "ses_1", "List files in the current directory using available tools.")
        )
        asked = await heard.first("permission.asked")
        assert (await running.client.get("/permission")).json() == [asked]
        assert asked["sessionID"] == "ses_1"
        path = f"/permission/{asked['id']}/reply"
        assert (await running.client.post(path, json={"reply": "maybe"})).status_code == 400
        assert (await running.client.post(path, json={"reply": reply})).json() is True
        replied = await heard.first("permission.replied")
        assert (replied["requestID"], replied["reply"]) == (asked["id"], reply)
        assert (await waiting).status_code == 200
    assert (await running.client.get("/permission")).json() == []
    assert (await running.client.post(path, json={"reply": reply})).status_code == 404
    assert (await running.until("permission.resolved", "ses_1"))["data"]["status"] == status


async def test_the_older_way_to_reply_and_our_own_id_work_too(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        waiting = asyncio.create_task(prompt(running.client, "ses_1", "permission"))
        await heard.until(lambda heard: len(heard.of("permission.asked")) == 2)
        first = heard.of("permission.asked")[0]["id"]
        path = "/session/ses_1/permissions"
        assert (await running.client.post(f"{path}/{first}", json={"response": "once"})).json() is True
        second = running.sessions.get("ses_1").pending[0].permission_id
        assert (await running.client.post(f"{path}/{second}", json={"response": "reject"})).json() is True
        assert (await waiting).status_code == 200
    replies = [each["response"] for each in heard.of("permission.replied")]
    assert replies == ["once", "reject"]


async def test_questions_are_asked_replied_and_rejected(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        waiting = asyncio.create_task(prompt(running.client, "ses_1", "multi"))
        asked = await heard.first("question.asked")
        assert [each["multiple"] for each in asked["questions"]] == [False, True]
        assert asked["questions"][0]["options"][0] == {"label": "Red", "description": "Warm"}
        assert (await running.client.get("/question")).json() == [asked]
        answers = [["Blue"], ["Pear", "Plum"]]
        reply = await running.client.post(f"/question/{asked['id']}/reply", json={"answers": answers})
        assert reply.json() is True
        assert (await heard.first("question.replied"))["answers"] == answers
        assert (await waiting).status_code == 200
        waiting = asyncio.create_task(prompt(running.client, "ses_1", "multi"))
        await heard.until(lambda heard: len(heard.of("question.asked")) == 2)
        again = heard.of("question.asked")[1]["id"]
        assert (await running.client.post(f"/question/{again}/reject")).json() is True
        assert (await heard.first("question.rejected"))["requestID"] == again
        assert (await waiting).status_code == 200
    assert (await running.client.post("/question/que_none/reject")).status_code == 404
