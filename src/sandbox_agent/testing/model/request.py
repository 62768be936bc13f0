"""What a client asked of the stand-in, in the words a test needs, whichever API it speaks. Read only."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["ModelRequest", "RequestKind"]

Json: TypeAlias = dict[str, Any]
RequestKind: TypeAlias = Literal["turn", "structured", "title", "count"]

# The agents wrap what they add themselves in these tags; the user's own words may begin with any other one.
_NOT_THE_USER = ("<system-reminder>", "<task-notification>", "[Request interrupted by user", "[Image: source: ")
# How the instructions begin when an agent wants no turn but a name for the conversation.
_TITLE = "You are a title generator"
_SESSION_HEADERS = ("x-claude-code-session-id", "x-session-id")


class ModelRequest:
    """One request to the model: its decoded body and what can be read from it."""

    def __init__(self, number: int, path: str, headers: Mapping[str, str], body: Json) -> None:
        self.number = number
        """Counts from 1, over all sessions."""
        self.path = path
        self.headers = dict(headers)
        """Names in lower case."""
        self.body = body

    def __repr__(self) -> str:
        return f"<ModelRequest {self.number} {self.kind} {self.prompt!r}>"

    @property
    def session_id(self) -> str:
        """The session of the agent that asks, empty if it does not say. Claude's subagents have their parent's."""
        return next((self.headers[name] for name in _SESSION_HEADERS if name in self.headers), "")

    @property
    def model(self) -> str:
        """The model asked for."""
        return str(self.body.get("model", ""))

    @property
    def stream(self) -> bool:
        """Whether the answer shall be a stream of events."""
        return bool(self.body.get("stream"))

    @property
    def messages(self) -> list[Json]:
        """The conversation so far."""
        return _objects(self.body.get("messages"))

    @property
    def tools(self) -> tuple[str, ...]:
        """Names of the tools on offer."""
        tools = _objects(self.body.get("tools"))
        return tuple(str((_object(tool.get("function")) or tool).get("name", "")) for tool in tools)

    @property
    def schema(self) -> Json | None:
        """The JSON schema the answer must obey, if the request wants structured output."""
        config = _object(self.body.get("output_config")) or {}
        wanted = _object(config.get("format")) or _object(self.body.get("output_format")) or {}
        in_chat = _object((_object(self.body.get("response_format")) or {}).get("json_schema"))
        return _object((in_chat or wanted).get("schema"))

    @property
    def kind(self) -> RequestKind:
        """`turn` is played from the script; the others are the agent's own chores (such as a title)."""
        if self.path.endswith("/count_tokens"):
            return "count"
        if self.schema is not None and not self.tools:
            return "structured"
        instructions = [message for message in self.messages if message.get("role") == "system"]
        if any(text.startswith(_TITLE) for message in instructions[:1] for text in _texts(message)):
            return "title"
        return "turn"

    @cached_property
    def prompts(self) -> tuple[str, ...]:
        """What the user said, message by message, without what the agent added."""
        spoken = (_spoken(message) for message in self.messages if message.get("role") == "user")
        return tuple(text for text in spoken if text)

    @property
    def prompt(self) -> str:
        """What the user said last."""
        return self.prompts[-1] if self.prompts else ""

    @property
    def first_prompt(self) -> str:
        """What opened the conversation; in a subagent, its task."""
        return self.prompts[0] if self.prompts else ""

    def blocks(self, kind: str) -> list[Json]:
        """All content blocks of one type, oldest first: `image`, `document`, `tool_result` ..."""
        return [block for message in self.messages for block in _blocks(message) if block.get("type") == kind]

    def mentions(self, text: str) -> bool:
        """Whether `text` is anywhere in the messages, also in what the agent put there by itself."""
        return any(text in each for each in _strings(self.messages))

    @property
    def call_ids(self) -> set[str]:
        """The ids of the tool calls in the conversation so far."""
        calls = [call for message in self.messages for call in _objects(message.get("tool_calls"))]
        return {str(call.get("id")) for call in (*self.blocks("tool_use"), *calls)}

    @property
    def tool_results(self) -> list[Json]:
        """The tool results of the last message that has any; in chat completions, each is a message of its own."""
        found: list[Json] = []
        for message in reversed(self.messages):
            if message.get("role") == "tool":
                found.insert(0, message)
                continue
            blocks = [block for block in _blocks(message) if block.get("type") == "tool_result"]
            if found or blocks:
                return found or blocks
        return found


def _object(value: object) -> Json | None:
    return cast("Json", value) if isinstance(value, dict) else None


def _objects(value: object) -> list[Json]:
    items = cast("list[object]", value) if isinstance(value, list) else []
    return [found for item in items if (found := _object(item)) is not None]


def _blocks(message: Json) -> list[Json]:
    content = message.get("content")
    return [{"type": "text", "text": content}] if isinstance(content, str) else _objects(content)


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        yield from _strings(list(cast("Json", value).values()))
    elif isinstance(value, list):
        for each in cast("list[object]", value):
            yield from _strings(each)


def _texts(message: Json) -> Iterator[str]:
    for block in _blocks(message):
        if block.get("type") == "text":
            yield str(block.get("text", ""))


def _spoken(message: Json) -> str:
    """The last text of the message that is the user's own, or nothing."""
    own = [text for text in _texts(message) if not text.lstrip().startswith(_NOT_THE_USER)]
    return own[-1].strip() if own else ""
