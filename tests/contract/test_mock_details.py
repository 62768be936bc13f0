"""The mock agent, what its rows say beside the order of events: names, texts, sources, and how it is mended.

Where deltas are spoken of, the turn contract holds: they add up to the text, and an item does not start with it.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.contract.answering import answered, asked_both, of, types

pytestmark = pytest.mark.anyio
ONE = "/v1/sessions/s"


def items(events: list[dict[str, Any]], kind: str = "item.completed", role: str = "assistant") -> list[dict[str, Any]]:
    return [data["item"] for data in of(events, kind) if data["item"]["role"] == role]


def text(item: dict[str, Any]) -> str:
    return "".join(part["text"] for part in item["content"] if part["type"] == "text")


NATIVE: dict[str, list[str]] = {
    "any other text": ["mock_1_reply"],
    "help": ["mock_1_help"],
    "echo X": ["mock_1_echo"],
    "say X": ["mock_1_echo"],
    "markdown": ["mock_1_markdown"],
    "tool": ["mock_1_tool_call", "mock_1_tool_result"],
    "status": ["mock_1_status"],
    "image": ["mock_1_image"],
    "unknown": ["mock_1_unknown"],
    "Reply with exactly the single word OK.": ["mock_1_ok"],
    "Reply with exactly the word FIRST.": ["mock_1_first"],
    "Reply with exactly the word SECOND.": ["mock_1_second"],
    "Answer briefly and include your reasoning.": ["mock_1_assistant_rich"],
    "Provide a short status update.": ["mock_1_status"],
}


@pytest.mark.parametrize("message", NATIVE)
async def test_native_item_ids(running: Any, message: str) -> None:
    await running.create()
    events = await running.turn(message)
    native = [data["item"]["native_item_id"] for data in of(events, "item.completed")]
    assert native == ["mock_1_user", *NATIVE[message]]


async def test_envelope_phases_and_synthetic_marks_by_the_daemon(running: Any) -> None:
    await running.create()
    events = await running.turn("hello")
    first, last = events[0], events[-1]
    assert (first["data"]["phase"], last["data"]["phase"]) == ("started", "ended")
    assert [(each["synthetic"], each["source"]) for each in (first, last)] == [(True, "daemon")] * 2


async def test_item_events_are_the_agents_and_only_a_derived_delta_is_the_daemons(running: Any) -> None:
    await running.create()
    for message in ("hello", "markdown", "tool", "status", "image", "unknown"):
        for event in await running.turn(message):
            if event["type"].startswith("item."):
                derived = event["type"] == "item.delta" and message in {"hello", "image"}
                assert (event["synthetic"], event["source"]) == ((True, "daemon") if derived else (False, "agent"))


async def test_envelope_the_users_text_is_trimmed(running: Any) -> None:
    await running.create()
    (item,) = items(await running.turn("  hello \n"), role="user")
    assert text(item) == "hello"


async def test_help_lists_every_command_of_the_table(running: Any) -> None:
    await running.create()
    (item,) = items(await running.turn("help"))
    listed = {line.removeprefix("- ").split()[0] for line in text(item).splitlines() if line.startswith("- ")}
    table = "help demo markdown tool tools tooling status image unknown permission permissions question questions error"
    assert listed >= {*table.split(), "unparsed", "end", "ended", "session.end", "echo"}


@pytest.mark.parametrize("word", ["echo", "say"])
async def test_echo_and_say_without_a_text_hint(running: Any, word: str) -> None:
    await running.create()
    (item,) = items(await running.turn(word))
    assert f"`{word} hello`" in text(item)


async def test_markdown_comes_in_8_deltas_of_the_whole_document(running: Any) -> None:
    await running.create()
    events = await running.turn("markdown")
    deltas = of(events, "item.delta")
    (item,) = items(events)
    assert (len(deltas), "".join(each["delta"] for each in deltas)) == (8, text(item))
    assert {"# Mock markdown", "- first", "| --- | --- |", "```python"} <= set(text(item).splitlines())


async def test_image_the_delta_is_its_text_part(running: Any) -> None:
    await running.create()
    events = await running.turn("image")
    (item,) = items(events)
    assert [each["delta"] for each in of(events, "item.delta")] == [text(item)]
    assert [part["type"] for part in item["content"]] == ["text", "image"]


async def test_unknown_has_no_delta(running: Any) -> None:
    await running.create()
    events = await running.turn("unknown")
    assert (items(events)[0]["kind"], of(events, "item.delta")) == ("unknown", [])


async def test_rich_message_deltas_are_its_text_mended(running: Any) -> None:
    await running.create()
    events = await running.turn("Answer briefly and include your reasoning.")
    assert [each["delta"] for each in of(events, "item.delta")] == ["Mock assistant ", "streaming delta."]
    assert text(items(events)[0]) == "Mock assistant streaming delta."


async def test_tool_result_is_started_in_progress_and_failed_on_purpose(running: Any) -> None:
    await running.create()
    events = await running.turn("tool")
    states = [items(events, kind, "tool")[0]["status"] for kind in ("item.started", "item.completed")]
    assert states == ["in_progress", "failed"]


@pytest.mark.parametrize("message", ["error", "unparsed"])
async def test_agent_unparsed_location_and_error_and_the_turn_ends(running: Any, message: str) -> None:
    await running.create()
    events = await answered(running, message)
    (data,) = of(events, "agent.unparsed")
    assert (data["location"], data["error"]) == ("mock.stream", "unsupported payload")
    assert types(events)[-1] == "turn.ended"


async def test_demo_10_markers_each_before_its_part(running: Any) -> None:
    await running.create()
    events = await answered(running, "demo")
    said = [item["native_item_id"] for item in items(events) if text(item).startswith("Next: ")]
    assert said == [f"mock_1_marker_{number}" for number in range(1, 11)]
    assert text(items(events)[0]) == "Next: system item."
    (system,) = [data["item"] for data in of(events, "item.completed") if data["item"]["kind"] == "system"]
    assert system["role"] == "system"


async def test_sentence_list_files_asks_for_ls_and_after_the_answer_the_turn_ends_mended(running: Any) -> None:
    await running.create()
    events = await answered(running, "List files in the current directory using available tools.")
    (asked,) = of(events, "permission.requested")
    assert (asked["permission_id"], asked["metadata"]["command"]) == ("mock_1_permission", "ls")
    assert types(events)[-1] == "turn.ended"


LS = "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool."


@pytest.mark.parametrize("reply", ["once", "reject"])
async def test_sentence_use_the_bash_tool_runs_it_after_the_answer_and_only_when_allowed_mended(
    running: Any, reply: str
) -> None:
    await running.create()
    await running.turn(LS)
    assert not [data for data in of(await running.events(), "item.started") if data["item"]["kind"] == "tool_call"]
    await running.client.post(f"{ONE}/permissions/mock_1_permission/reply", json={"reply": reply})
    await running.until("turn.ended")
    kinds = [data["item"]["kind"] for data in of(await running.events(), "item.completed")]
    assert ("tool_call" in kinds, "tool_result" in kinds) == ((reply == "once"),) * 2


ASK = "Use the AskUserQuestion tool to ask exactly one yes/no question, then wait for a reply. Do not answer yourself."
CALL = "Call the AskUserQuestion tool with exactly one yes/no question and wait for a reply. Do not answer yourself."


@pytest.mark.parametrize("sentence", [ASK, CALL], ids=lambda sentence: sentence[:28])
async def test_sentence_ask_user_question_proceed_yes_no(running: Any, sentence: str) -> None:
    await running.create()
    asked = (await running.turn(sentence))[-1]["data"]
    assert (asked["question_id"], asked["prompt"], asked["options"]) == ("mock_1_question", "Proceed?", ["Yes", "No"])


@pytest.mark.parametrize(("asked", "words"), [("permission", "accepted once"), ("question", "answered Yes")])
async def test_replies_are_acknowledged_and_the_turn_ends_mended(running: Any, asked: str, words: str) -> None:
    await running.create()
    events = await answered(running, asked)
    acknowledged = [text(item) for item in items(events)]
    assert [words in each for each in acknowledged] == [True, True]
    assert types(events)[-1] == "turn.ended"


async def test_quirk_end_sets_the_ended_flag_and_takes_no_more_messages_mended(running: Any) -> None:
    await running.create()
    await running.say("end")
    await running.until("session.ended")
    (info,) = (await running.client.get("/v1/sessions")).json()["sessions"]
    assert (info["ended"], (await running.say("hello")).status_code) == (True, 400)


async def test_quirk_nothing_follows_terminate_mended(serve: Any) -> None:
    async with serve(pace=0.001) as running:
        await running.create()
        await running.say("slow 100000")
        await running.until("item.delta")
        await running.client.post(f"{ONE}/terminate")
        last = (await running.client.get(ONE)).json()["eventCount"]
        assert types(await running.events())[-2:] == ["turn.ended", "session.ended"]
        await running.create("other")
        await running.turn("hello", "other")
        assert (await running.client.get(ONE)).json()["eventCount"] == last


async def test_quirk_two_quick_messages_do_not_interleave_mended(serve: Any) -> None:
    async with serve(pace=0.001) as running:
        await running.create()
        for number in (1, 2):
            await running.say(f"echo {number}")
        async with running.patience():
            while (await running.client.get(ONE)).json()["state"] != "idle":
                continue
        native = [data["item"]["native_item_id"] for data in of(await running.events(), "item.completed")]
        assert native == ["mock_1_user", "mock_1_echo", "mock_2_user", "mock_2_echo"]


async def test_quirk_modes_do_not_change_what_it_does(running: Any) -> None:
    await running.create("s", agentMode="plan", permissionMode="plan")
    await asked_both(running, "permission")


async def test_path_stays_absent_after_install_since_there_is_no_marker_file(running: Any) -> None:
    await running.client.post("/v1/agents/mock/install", json={"reinstall": True})
    (info,) = [each for each in (await running.client.get("/v1/agents")).json()["agents"] if each["id"] == "mock"]
    assert "path" not in info
