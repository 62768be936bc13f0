"""The rows of the 0.1.x TypeScript SDK: a client that behaves as they say, run by Node, against our server."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from tests.sdks.nodejs import BINARY

OLD = Path(__file__).with_name("oldclient")
SESSION = "a/b ?ü"
HELLO = [
    "turn.started",
    "item.started",
    "item.completed",
    "item.started",
    "item.delta",
    "item.completed",
    "turn.ended",
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    """What every method got, from the server that the old client itself has started."""
    folder = tmp_path_factory.mktemp("home").resolve()
    command = ["node", str(OLD / "rows.mjs"), str(BINARY), str(folder)]
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder)}
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {each["row"]: each["value"] for each in found}


def types(events: list[Mapping[str, Any]]) -> list[str]:
    return [event["type"] for event in events]


def test_start_health_with_the_token_after_the_sub_command(rows: Mapping[str, Any]) -> None:
    assert rows["getHealth"]["status"] == "ok"


def test_list_agents(rows: Mapping[str, Any]) -> None:
    mock = next(agent for agent in rows["listAgents"]["agents"] if agent["id"] == "mock")
    assert (mock["installed"], mock["credentialsAvailable"]) == (True, True)


NOTHING = (
    "installAgent",
    "postMessage",
    "replyQuestion",
    "rejectQuestion",
    "replyPermission",
    "terminateSession",
)


@pytest.mark.parametrize("method", NOTHING)
def test_answers_that_an_old_client_expects_nothing_of_do_not_fail(rows: Mapping[str, Any], method: str) -> None:
    assert "failed" not in (rows[method] or {})


def test_get_agent_modes_and_models(rows: Mapping[str, Any]) -> None:
    assert [mode["id"] for mode in rows["getAgentModes"]["modes"]] == ["build", "plan"]
    assert rows["getAgentModels"]["defaultModel"] == "mock"


def test_create_session_and_list_sessions_with_an_id_that_is_encoded(rows: Mapping[str, Any]) -> None:
    assert rows["createSession"]["healthy"] is True
    assert [session["sessionId"] for session in rows["listSessions"]["sessions"]] == [SESSION]


def test_stream_turn_ends_by_itself(rows: Mapping[str, Any]) -> None:
    assert types(rows["streamTurn"]) == HELLO


def test_get_events_with_a_query_in_camel_case(rows: Mapping[str, Any]) -> None:
    assert [event["sequence"] for event in rows["getEvents"]["events"]] == [3, 4, 5]
    assert rows["getEvents"]["hasMore"] is True


def test_get_events_sse_and_post_message_stream_give_the_response(rows: Mapping[str, Any]) -> None:
    assert rows["getEventsSse"].startswith("text/event-stream")
    assert rows["postMessageStream"].endswith("\n\n")
    assert '"turn.ended"' in rows["postMessageStream"]


def test_stream_events_has_every_event_once(rows: Mapping[str, Any]) -> None:
    events = rows["streamEvents"]
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    assert types(events)[0] == "session.started"
    assert types(events)[-1] == "session.ended"
    resolved = [event["data"]["status"] for event in events if event["type"] == "question.resolved"]
    assert resolved == ["answered", "rejected"]


def test_files(rows: Mapping[str, Any]) -> None:
    assert rows["mkdirFs"]["path"].endswith("/box")
    assert rows["writeFsFile"]["bytesWritten"] == 4
    assert (rows["statFs"]["entryType"], rows["statFs"]["size"]) == ("file", 4)
    assert rows["moveFs"]["to"].endswith("/box/two.txt")
    assert rows["readFsFile"] == "eins"
    assert [entry["name"] for entry in rows["listFsEntries"]] == ["two.txt"]
    assert rows["uploadFsBatch"]["paths"] == []
    assert rows["deleteFsEntry"]["path"].endswith("/box")


def test_errors_carry_the_status_and_the_problem_whose_title_is_the_message(rows: Mapping[str, Any]) -> None:
    refused = rows["a problem"]
    assert refused["status"] == 400
    assert refused["problem"]["status"] == 400
    assert refused["failed"] == f"Error: {refused['problem']['title']}"
    assert rows["without the token"]["status"] == 401


def test_connect_strips_one_slash(rows: Mapping[str, Any]) -> None:
    assert rows["a base URL with a slash at its end"]["status"] == "ok"


LAST = {
    **dict.fromkeys(("help", "markdown", "tool", "status", "image", "unknown"), "turn.ended"),
    "error": "error",
    "unparsed": "agent.unparsed",
    "demo": "permission.requested",
}


@pytest.mark.parametrize("scene", LAST)
def test_the_old_parser_reads_every_scene_to_where_a_turn_stream_ends(rows: Mapping[str, Any], scene: str) -> None:
    assert rows[f"scene {scene}"][0] == "turn.started"
    assert rows[f"scene {scene}"][-1] == LAST[scene]


def test_dispose_needs_no_sigkill_while_a_turn_runs(rows: Mapping[str, Any]) -> None:
    assert rows["dispose"] in (0, "SIGTERM")
