from __future__ import annotations

from typing import Any

from sandbox_agent.testing import ModelRequest

MESSAGES = [
    {
        "role": "user",
        "content": [{"type": "text", "text": "<system-reminder>\nrules"}, {"type": "text", "text": "do it"}],
    },
    {"role": "assistant", "content": [{"type": "tool_use", "id": "t1", "name": "Bash", "input": {}}]},
    {"role": "user", "content": [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]},
    {"role": "system", "content": "The user sent a new message: faster"},
    {"role": "assistant", "content": [{"type": "text", "text": "done"}]},
]


def asked(body: dict[str, Any], path: str = "/v1/messages", **headers: str) -> ModelRequest:
    return ModelRequest(1, path, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def test_the_prompt_is_what_the_user_said_and_nothing_the_agent_added() -> None:
    request = asked({"messages": MESSAGES})
    assert request.prompts == ("do it",)


def test_the_last_prompt_wins_and_the_first_stays() -> None:
    spoken = {
        "role": "user",
        "content": [{"type": "text", "text": "[Request interrupted by user]"}, {"type": "text", "text": "<b>go</b>"}],
    }
    request = asked({"messages": [*MESSAGES, spoken]})
    assert (request.first_prompt, request.prompt) == ("do it", "<b>go</b>")


def test_an_image_note_of_the_agent_is_no_prompt() -> None:
    content = [{"type": "image"}, {"type": "text", "text": "look"}, {"type": "text", "text": "[Image: source: /x.png]"}]
    request = asked({"messages": [{"role": "user", "content": content}]})
    assert request.prompt == "look"
    assert len(request.blocks("image")) == 1


def test_tool_results_are_those_of_the_last_message_that_has_any() -> None:
    assert asked({"messages": MESSAGES}).tool_results == [{"type": "tool_result", "tool_use_id": "t1", "content": "ok"}]
    assert asked({}).tool_results == []


def test_mentions_looks_everywhere_in_the_messages() -> None:
    request = asked({"messages": MESSAGES, "system": "secret"})
    assert request.mentions("faster")
    assert request.mentions("t1")
    assert not request.mentions("secret")


def test_session_model_and_tools_are_read_from_the_request() -> None:
    request = asked(
        {"model": "m", "stream": True, "tools": [{"name": "Bash"}, {"name": "Read"}]},
        x_claude_code_session_id="s1",
    )
    assert (request.session_id, request.model, request.stream, request.tools) == ("s1", "m", True, ("Bash", "Read"))


def test_a_title_request_is_no_turn() -> None:
    schema = {"type": "object", "properties": {"title": {"type": "string"}}}
    body = {"output_config": {"format": {"type": "json_schema", "schema": schema}}}
    assert asked(body).kind == "structured"
    assert asked({**body, "tools": [{"name": "Bash"}]}).kind == "turn"
    assert asked({}, "/v1/messages/count_tokens").kind == "count"


def test_a_body_of_the_wrong_shape_is_read_as_empty() -> None:
    request = asked({"messages": "no", "tools": {"a": 1}, "output_config": []})
    assert (request.prompt, request.first_prompt, request.tools, request.kind) == ("", "", (), "turn")


CHAT = [
    {"role": "system", "content": "Help."},
    {"role": "user", "content": "look"},
    {"role": "assistant", "content": "", "tool_calls": [{"id": "c1", "function": {"name": "a"}}, {"id": "c2"}]},
    {"role": "tool", "tool_call_id": "c1", "content": "one"},
    {"role": "tool", "tool_call_id": "c2", "content": "two"},
]


def in_chat(body: dict[str, Any], **headers: str) -> ModelRequest:
    return asked(body, "/v1/chat/completions", **headers)


def test_in_chat_completions_each_tool_result_is_a_message() -> None:
    request = in_chat({"messages": CHAT})
    assert [each["content"] for each in request.tool_results] == ["one", "two"]
    assert request.call_ids == {"c1", "c2"}
    assert request.prompt == "look"


def test_in_chat_completions_tools_are_named_within_functions() -> None:
    tools = [{"type": "function", "function": {"name": "bash", "parameters": {}}}]
    assert in_chat({"messages": CHAT, "tools": tools}).tools == ("bash",)


def test_the_session_is_in_a_header_of_the_agent() -> None:
    assert in_chat({"messages": CHAT}, x_session_id="ses_1").session_id == "ses_1"
    assert in_chat({"messages": CHAT}).session_id == ""


def test_a_request_for_a_title_is_a_chore() -> None:
    instructions = {"role": "system", "content": "You are a title generator. Be brief."}
    assert in_chat({"messages": [instructions, *CHAT[1:2]]}).kind == "title"
    assert in_chat({"messages": CHAT}).kind == "turn"


def test_in_chat_completions_the_schema_is_in_the_format() -> None:
    schema = {"type": "object"}
    body = {"messages": CHAT, "response_format": {"type": "json_schema", "json_schema": {"schema": schema}}}
    assert in_chat(body).schema == schema
    assert in_chat(body).kind == "structured"
