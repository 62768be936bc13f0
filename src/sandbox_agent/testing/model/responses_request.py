"""What a client asked of the stand-in through the Responses API, in the same words as every other request."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeAlias, cast

from sandbox_agent.testing.model.request import ModelRequest, RequestKind

__all__ = ["ResponsesRequest"]

Json: TypeAlias = dict[str, Any]
_NOT_THE_USER = ("<environment_context>", "<user_instructions>", "# AGENTS.md", "<turn_aborted>", "<skill>")
"""How the texts begin that Codex puts in the user's place."""
_OUTPUTS = ("function_call_output", "custom_tool_call_output", "mcp_call_output", "tool_search_output")
_CALLS = ("function_call", "custom_tool_call", "local_shell_call")


class ResponsesRequest(ModelRequest):
    """One request: the conversation is in `input`, one entry for each message, call and result."""

    @property
    def session_id(self) -> str:
        """The thread that asks; a subagent has its own."""
        return self.headers.get("thread-id") or self.headers.get("session-id", "")

    @property
    def messages(self) -> list[Json]:
        """The conversation so far."""
        given = self.body.get("input")
        if isinstance(given, str):
            return [{"type": "message", "role": "user", "content": given}]
        return _objects(given)

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools on offer; those of a namespace as `namespace/name`."""
        names: list[str] = []
        for tool in _objects(self.body.get("tools")):
            name = str(tool.get("name") or tool.get("type", ""))
            inner = _objects(tool.get("tools"))
            names += [f"{name}/{each.get('name', '')}" for each in inner] if inner else [name]
        return tuple(names)

    @property
    def schema(self) -> Json | None:
        """The JSON schema the answer must obey, if the request wants structured output."""
        wanted = cast("Json", self.body.get("text") or {}).get("format")
        return cast("Json", wanted).get("schema") if isinstance(wanted, dict) else None

    @property
    def kind(self) -> RequestKind:
        """`turn` is played from the script; the others are the agent's own chores."""
        return "structured" if self.schema is not None and not self.tools else "turn"

    @cached_property
    def prompts(self) -> tuple[str, ...]:
        """What the user said, message by message, without what the agent added."""
        users = (message for message in self.messages if message.get("role") == "user")
        spoken = ([text for text in _texts(message) if not text.startswith(_NOT_THE_USER)] for message in users)
        return tuple(own[-1].strip() for own in spoken if own)

    def blocks(self, kind: str) -> list[Json]:
        """All entries and content parts of one type, oldest first: `input_image`, `function_call` ..."""
        parts = [part for message in self.messages for part in (message, *_objects(message.get("content")))]
        return [part for part in parts if part.get("type") == kind]

    @property
    def call_ids(self) -> set[str]:
        """The ids of the tool calls in the conversation so far."""
        return {str(each.get("call_id")) for each in self.messages if each.get("type") in _CALLS}

    @property
    def tool_results(self) -> list[Json]:
        """The outputs of tools since the model last spoke."""
        found: list[Json] = []
        for message in reversed(self.messages):
            if message.get("type") in _OUTPUTS:
                found.insert(0, message)
            elif found:
                break
        return found


def _objects(value: object) -> list[Json]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [cast("Json", item) for item in items if isinstance(item, dict)]


def _texts(message: Json) -> list[str]:
    content = message.get("content")
    if isinstance(content, str):
        return [content]
    return [str(part.get("text", "")) for part in _objects(content) if part.get("type") == "input_text"]
