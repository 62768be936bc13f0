from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from sandbox_agent.testing.amp import FAKE_AMP_KEY, ScriptedAmp
from sandbox_agent.testing.amp.history import conversation


def post(url: str, body: dict[str, Any], key: str = FAKE_AMP_KEY) -> tuple[int, Any]:
    request = Request(url, json.dumps(body).encode(), {"authorization": f"Bearer {key}"})  # noqa: S310 - loopback
    try:
        with urlopen(request, timeout=30) as response:  # noqa: S310 - loopback
            return response.status, json.load(response)
    except OSError as error:
        return getattr(error, "code", 0), None


def test_a_wrong_key_is_refused() -> None:
    with ScriptedAmp() as service:
        assert post(f"{service.url}/api/internal", {"method": "getUserInfo"}, "wrong")[0] == 401
        status, answer = post(f"{service.url}/api/internal", {"method": "getUserInfo"})
        assert (status, answer["ok"]) == (200, True)


def test_threads_are_made_once_and_found_again() -> None:
    with ScriptedAmp() as service:
        _, made = post(f"{service.url}/api/thread-actors", {"agentMode": "high"})
        _, again = post(f"{service.url}/api/thread-actors", {"threadId": made["threadId"]})
        assert again["threadId"] == made["threadId"]
        wanted = {"method": "getThreadTail", "params": {"thread": made["threadId"]}}
        _, tail = post(f"{service.url}/api/internal", wanted)
        assert tail["result"]["thread"]["agentMode"] == "high"
        _, none = post(f"{service.url}/api/internal", {"method": "getThreadTail", "params": {"thread": "T-0"}})
        assert none["ok"] is False


def test_two_services_are_two_places_and_closing_twice_is_fine() -> None:
    with ScriptedAmp() as one, ScriptedAmp() as two:
        assert one.env["AMP_URL"] != two.env["AMP_URL"]
    one.close()


def test_results_of_tools_are_read_as_those_of_other_agents() -> None:
    run = {"type": "tool_result", "toolUseID": "TU-1", "run": {"status": "done", "result": {"exitCode": 0}}}
    (message,) = conversation([{"role": "user", "content": [run]}])
    (block,) = message["content"]
    assert (block["tool_use_id"], block["content"]) == ("TU-1", '{"exitCode":0}')
