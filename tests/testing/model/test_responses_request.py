from __future__ import annotations

from typing import Any

from sandbox_agent.testing.model.responses_request import ResponsesRequest


def asked(body: dict[str, Any], **headers: str) -> ResponsesRequest:
    return ResponsesRequest(1, "/v1/responses", {k.replace("_", "-"): v for k, v in headers.items()}, body)


def user(*texts: str) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text} for text in texts]
    return {"type": "message", "role": "user", "content": content}


RESULT = {"type": "function_call_output", "call_id": "call_1", "output": "ok"}
CALL = {"type": "function_call", "call_id": "call_1", "name": "exec_command", "arguments": "{}"}


def test_what_the_agent_adds_is_not_what_the_user_said() -> None:
    given = [user("<environment_context>x"), user("# AGENTS.md instructions", "first"), user("second")]
    request = asked({"input": given})
    assert request.prompts == ("first", "second")
    assert (request.first_prompt, request.prompt) == ("first", "second")


def test_the_input_may_be_a_plain_text() -> None:
    assert asked({"input": "hello"}).prompt == "hello"


def test_the_session_is_the_thread() -> None:
    assert asked({}, thread_id="t", session_id="s").session_id == "t"
    assert asked({}, session_id="s").session_id == "s"
    assert asked({}).session_id == ""


def test_tools_are_named_those_of_a_namespace_with_it() -> None:
    tools = [
        {"type": "function", "name": "exec_command"},
        {"type": "web_search"},
        {"type": "namespace", "name": "mcp__notes", "tools": [{"name": "add"}]},
    ]
    assert asked({"tools": tools}).tools == ("exec_command", "web_search", "mcp__notes/add")


def test_tool_results_are_those_since_the_model_last_spoke() -> None:
    old = {**RESULT, "call_id": "call_0"}
    assert asked({"input": [old, CALL, RESULT, user("more")]}).tool_results == [RESULT]
    assert asked({"input": [user("hello")]}).tool_results == []


def test_call_ids_and_parts_are_found() -> None:
    image = {"type": "input_image", "image_url": "data:"}
    request = asked({"input": [CALL, {"role": "user", "content": [image]}]})
    assert request.call_ids == {"call_1"}
    assert request.blocks("input_image") == [image]


def test_structured_output_without_tools_is_a_chore() -> None:
    body = {"text": {"format": {"type": "json_schema", "schema": {"type": "object"}}}}
    assert asked(body).kind == "structured"
    assert asked({**body, "tools": [{"name": "exec_command"}]}).kind == "turn"
    assert asked({"text": {"format": {"type": "text"}}}).schema is None
