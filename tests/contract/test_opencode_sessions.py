"""Section 10 of the contract, sessions: what clients of an OpenCode server make, change and look at."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest

from .opencode import create, hearing, prompt, words

pytestmark = pytest.mark.anyio


async def test_ids_are_ses_n_and_a_session_of_the_same_id_is_behind_each(running: Any) -> None:
    made = [await create(running.client, providerID="mock", modelID="mock") for _ in range(2)]
    assert [each["id"] for each in made] == ["ses_1", "ses_2"]
    listed = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert {(each["sessionId"], each["agent"]) for each in listed} == {("ses_1", "mock"), ("ses_2", "mock")}


async def test_without_a_model_the_session_of_ours_begins_with_the_first_message(running: Any) -> None:
    session = await create(running.client)
    assert (await running.client.get("/v1/sessions")).json()["sessions"] == []
    model = {"providerID": "mock", "modelID": "mock"}
    assert words((await prompt(running.client, session["id"], "hello", model=model)).json()) == "hello"
    assert running.sessions.get(session["id"]).agent.name == "mock"


async def test_the_default_provider_and_model_are_the_mock(running: Any) -> None:
    answer = (await prompt(running.client, (await create(running.client))["id"], "hello")).json()
    assert (answer["info"]["providerID"], answer["info"]["modelID"]) == ("mock", "mock")
    config = (await running.client.get("/config")).json()
    assert config["model"] == "mock/mock"


@pytest.mark.parametrize(
    "choice",
    [
        {"model": {"providerID": "mock", "modelID": "other"}},
        {"model": {"providerID": "mock", "id": "other"}},
        {"model": "mock/other"},
        {"providerID": "mock", "modelID": "other"},
    ],
    ids=str,
)
async def test_a_model_can_be_named_in_all_ways_that_clients_know(running: Any, choice: Any) -> None:
    session = await create(running.client, **choice)
    assert session["model"] == {"id": "other", "providerID": "mock"}
    assert running.sessions.get(session["id"]).options.model == "other"


async def test_an_unknown_provider_is_400_and_says_which_there_are(running: Any) -> None:
    response = await running.client.post("/session", json={"providerID": "nobody", "modelID": "x"})
    assert response.status_code == 400
    assert "mock" in response.json()["errors"][0]["message"]
    assert (await running.client.get("/session")).json() == []


async def test_another_model_after_creation_is_400(running: Any) -> None:
    session = await create(running.client, model="mock/mock")
    path = f"/session/{session['id']}"
    assert (await running.client.patch(path, json={"model": "mock/other"})).status_code == 400
    response = await prompt(running.client, session["id"], "hello", model={"providerID": "mock", "modelID": "other"})
    assert response.status_code == 400
    assert "begin a new one" in response.json()["data"]["message"]


@pytest.mark.parametrize("key", ["permissionMode", "permission_mode"])
async def test_the_permission_mode_is_taken_at_creation(running: Any, key: str) -> None:
    session = await create(running.client, **{key: "bypass"})
    answer = await prompt(running.client, session["id"], "permission")
    assert answer.status_code == 200  # nobody had to be asked
    assert running.sessions.get(session["id"]).options.permission_mode == "bypass"


async def test_agents_of_clients_are_our_modes(running: Any) -> None:
    named = [each["name"] for each in (await running.client.get("/agent")).json()]
    assert named[:2] == ["build", "plan"]
    session = await create(running.client, model="mock/mock", agent="plan")
    assert running.sessions.get(session["id"]).options.agent_mode == "plan"
    assert (await prompt(running.client, session["id"], "hello", agent="plan")).status_code == 200
    assert (await prompt(running.client, session["id"], "hello", agent="build")).status_code == 400
    assert (await running.client.post("/session", json={"model": "mock/mock", "agent": "fly"})).status_code == 400


async def test_a_title_is_the_clients_or_that_of_the_first_message(running: Any) -> None:
    named, unnamed = await create(running.client, title="Mine"), await create(running.client)
    assert unnamed["title"].startswith("New session - ")
    for session in (named, unnamed):
        await prompt(running.client, session["id"], "Say this\nand more")
    titles = {each["id"]: each["title"] for each in (await running.client.get("/session")).json()}
    assert titles == {"ses_1": "Mine", "ses_2": "Say this"}
    changed = await running.client.patch("/session/ses_1", json={"title": "Yours", "time": {"archived": 5}})
    assert (changed.json()["title"], changed.json()["time"]["archived"]) == ("Yours", 5)


async def test_sessions_of_v1_are_there_too_and_go_together(running: Any) -> None:
    await running.create("ses_mine")
    await running.turn("hello", "ses_mine")
    await running.create("other", title="Another")
    async with hearing(running.client) as heard:
        found = {each["id"]: each["title"] for each in (await running.client.get("/session")).json()}
        assert found == {"ses_mine": "ses_mine", "ses_other": "Another"}
        messages = (await running.client.get("/session/ses_mine/message")).json()
        assert [(each["info"]["role"], words(each)) for each in messages] == [("user", "hello"), ("assistant", "hello")]
        await running.client.delete("/v1/sessions/other")
        assert (await heard.first("session.deleted"))["info"]["id"] == "ses_other"
        await running.create("ses_later")
        await heard.until(lambda heard: "session.created" in heard.types)
    assert (await running.client.get("/session/ses_other")).status_code == 404
    assert (await running.client.delete("/session/ses_mine")).json() is True
    assert (await running.client.get("/v1/sessions/ses_mine")).status_code == 404


async def test_the_list_is_of_a_directory_when_one_is_named(running: Any, tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    made = await running.client.post("/session", params={"directory": one}, json={})
    assert made.json()["directory"] == one
    await running.client.post("/session", headers={"x-opencode-directory": two}, json={})

    async def listed(**query: Any) -> list[str]:
        return [each["id"] for each in (await running.client.get("/session", params=query)).json()]

    assert sorted(await listed()) == ["ses_1", "ses_2"]
    assert (await listed(directory=one), await listed(directory=two)) == (["ses_1"], ["ses_2"])
    assert len(await listed(limit=1)) == 1
    assert await listed(search="nothing") == []
    assert await listed(start=2**45) == []


async def test_a_directory_that_is_not_there_is_400(running: Any, tmp_path: Path) -> None:
    for directory in (str(tmp_path / "none"), "relative", "/\0"):
        response = await running.client.post("/session", params={"directory": directory}, json={})
        assert response.status_code == 400, directory


async def test_status_names_the_sessions_at_work(running: Any) -> None:
    session = await create(running.client)
    assert (await running.client.get("/session/status")).json() == {}
    async with hearing(running.client) as heard:
        parts = [{"type": "text", "text": "question"}]
        await running.client.post(f"/session/{session['id']}/prompt_async", json={"parts": parts})
        await heard.first("question.asked")
    assert (await running.client.get("/session/status")).json() == {"ses_1": {"type": "busy"}}


async def test_todo_is_the_agents_list(running: Any) -> None:
    session = await create(running.client)
    assert (await running.client.get("/session/ses_1/todo")).json() == []
    await prompt(running.client, session["id"], "todo")
    todos = (await running.client.get("/session/ses_1/todo")).json()
    assert (todos[0]["content"], todos[0]["status"]) == ("Read the code", "completed")


async def test_children_are_subagents_and_what_clients_made_so(running: Any) -> None:
    session = await create(running.client)
    answer = (await prompt(running.client, session["id"], "subagent")).json()
    made = await create(running.client, parentID=session["id"])
    children = (await running.client.get("/session/ses_1/children")).json()
    assert [each["id"] for each in children] == ["ses_1_1", made["id"]]
    assert {each["parentID"] for each in children} == {"ses_1"}
    task = next(part for part in answer["parts"] if part["type"] == "tool" and part["tool"] == "task")
    assert task["state"]["metadata"]["sessionId"] == "ses_1_1"
    inner = (await running.client.get("/session/ses_1_1/message")).json()
    assert [(each["info"]["role"], words(each)) for each in inner] == [
        ("user", "look around"),
        ("assistant", "I look around."),
    ]
    assert (await running.client.get("/session/ses_1_1")).json()["parentID"] == "ses_1"
    assert (await running.client.get("/session/ses_1_1/todo")).json() == []
    assert (await prompt(running.client, "ses_1_1", "hello")).status_code == 400
    roots = (await running.client.get("/session", params={"roots": "true"})).json()
    assert [each["id"] for each in roots] == ["ses_1"]


async def test_diff_is_what_the_session_has_changed(running: Any, tmp_path: Path) -> None:
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "a.txt").write_text("one\n")
    response = await running.client.post("/session", params={"directory": str(tmp_path / "work")}, json={})
    assert (await running.client.get("/session/ses_1/diff")).json() == []
    await prompt(running.client, response.json()["id"], "hello")
    (tmp_path / "work" / "a.txt").write_text("one\ntwo\n")
    (tmp_path / "work" / "b.txt").write_text("new\n")
    found = (await running.client.get("/session/ses_1/diff")).json()
    assert [(each["file"], each["status"], each["additions"], each["deletions"]) for each in found] == [
        ("a.txt", "modified", 1, 0),
        ("b.txt", "added", 1, 0),
    ]
    assert "+two" in found[0]["patch"]
    assert "+two" not in found[1]["patch"]


async def test_share_is_a_link_to_the_inspector_and_unshare_takes_it_away(running: Any) -> None:
    await create(running.client)
    assert (await running.client.post("/session/ses_1/share")).json()["share"] == {"url": "/ui/"}
    assert "share" not in (await running.client.delete("/session/ses_1/share")).json()


async def test_a_fork_begins_with_what_was_said_before(running: Any) -> None:
    await create(running.client, title="Mine", model="mock/mock")
    for text in ("one", "two"):
        await prompt(running.client, "ses_1", text)
    messages = (await running.client.get("/session/ses_1/message")).json()
    whole = (await running.client.post("/session/ses_1/fork")).json()
    second = {"messageID": messages[2]["info"]["id"]}
    half = (await running.client.post("/session/ses_1/fork", json=second)).json()
    first = {"messageID": messages[0]["info"]["id"]}
    none = (await running.client.post("/session/ses_1/fork", json=first)).json()
    assert {each["title"] for each in (whole, half, none)} == {"Mine (fork)"}
    said = {}
    for each in (whole, half, none):
        copied = (await running.client.get(f"/session/{each['id']}/message")).json()
        said[each["id"]] = [words(message) for message in copied]
        assert {message["info"]["sessionID"] for message in copied} <= {each["id"]}
        assert not {message["info"]["id"] for message in copied} & {message["info"]["id"] for message in messages}
    assert list(said.values()) == [["one", "one", "two", "two"], ["one", "one"], []]
    assert running.sessions.get(half["id"]).options.forked_from == "ses_1"
    assert words((await prompt(running.client, half["id"], "on")).json()) == "on"
    missing = await running.client.post("/session/ses_1/fork", json={"messageID": "msg_none"})
    assert missing.status_code == 404


async def test_what_was_never_answered_forks_to_an_empty_session(running: Any) -> None:
    await create(running.client)
    await prompt(running.client, "ses_1", "note", noReply=True)
    forked = (await running.client.post("/session/ses_1/fork", json={})).json()
    assert (await running.client.get(f"/session/{forked['id']}/message")).json() == []


@pytest.mark.parametrize("what", ["revert", "unrevert"])
async def test_what_agents_cannot_do_is_400_with_words(running: Any, what: str) -> None:
    await create(running.client)
    response = await running.client.post(f"/session/ses_1/{what}", json={"messageID": "msg_1"})
    assert (response.status_code, response.json()["success"]) == (400, False)
    assert "not possible" in response.json()["errors"][0]["message"]


async def test_init_asks_the_agent_for_agents_md(running: Any) -> None:
    await create(running.client)
    async with hearing(running.client) as heard:
        body = {"providerID": "mock", "modelID": "mock", "messageID": "msg_init"}
        assert (await running.client.post("/session/ses_1/init", json=body)).json() is True
        await heard.first("session.idle")
    messages = (await running.client.get("/session/ses_1/message")).json()
    assert messages[0]["info"]["id"] == "msg_init"
    assert "AGENTS.md" in words(messages[0])


async def test_deleting_ends_the_session_and_answers_who_waits(serve: Any) -> None:
    async with serve(pace=0.01) as running, hearing(running.client) as heard:
        await create(running.client)
        waiting = asyncio.create_task(prompt(running.client, "ses_1", "question"))
        await heard.first("question.asked")
        assert (await running.client.delete("/session/ses_1")).json() is True
        async with running.patience():
            answer = await waiting
        assert (answer.status_code, answer.json()["info"]["error"]["name"]) == (200, "MessageAbortedError")
        assert (await heard.first("session.deleted"))["info"]["id"] == "ses_1"
        assert (await running.client.get("/session")).json() == []
