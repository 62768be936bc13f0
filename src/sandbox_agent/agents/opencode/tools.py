"""Tool calls to items: the call, the output as it is printed, the result with its files and pictures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox_agent.adapter import Output
from sandbox_agent.adapter.items import Items
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.files import plain_diff, planned, touched
from sandbox_agent.agents.opencode.native import Part, PermissionAsked, State
from sandbox_agent.agents.opencode.output import Printed
from sandbox_agent.schema.base import encode
from sandbox_agent.schema.content import ContentPart, ImagePart, JsonPart, ToolCallPart, ToolResultPart

__all__ = ["Tools"]

_INVALID = "invalid"
"""The tool that the server puts in the place of one that is not there or was called wrongly."""


@dataclass
class _Call:
    name: str
    told: bool = False
    """The call is said, with its arguments."""
    over: bool = False
    printed: Printed = field(default_factory=Printed)
    proposed: str | None = None


class Tools:
    """Knows which tools run, by the id of their part: ids of calls are the model's own and may come again."""

    def __init__(self, items: Items, directory: str) -> None:
        self._items = items
        self._directory = directory
        self._calls: dict[str, _Call] = {}
        self._parts: dict[tuple[str, str], str] = {}
        self.plan: str | None = None
        """The plan as the agent last wrote it to its file."""
        self.children: dict[str, str] = {}
        """Conversation of a subagent to the part of the call that started it."""

    def forget(self) -> None:
        """The turn is over, nothing runs any more."""
        self._calls.clear()
        self._parts.clear()

    def part_of(self, message_id: str, call_id: str) -> str | None:
        """The part of a call."""
        return self._parts.get((message_id, call_id))

    def name_of(self, part_id: str | None) -> str | None:
        """The tool that a part calls."""
        call = self._calls.get(part_id or "")
        return None if call is None else call.name

    def asked(self, ask: PermissionAsked) -> None:
        """A permission may tell the only diff there is."""
        call = self._calls.get(self.part_of(ask.tool.message_id, ask.tool.call_id) or "")
        if call is not None and (diff := plain_diff(as_dict(ask.metadata).get("diff"))) is not None:
            call.proposed = diff

    def updated(self, part: Part, parent: str | None) -> Iterator[Output]:
        """A call as it is now. `parent`: the part of the call whose subagent calls."""
        self._parts[part.message_id, part.call_id] = part.id
        call = self._calls.setdefault(part.id, _Call(_name(part)))
        child = as_dict(part.state.metadata).get("sessionId")
        if isinstance(child, str):
            self.children[child] = part.id
        match part.state.status:
            case "pending":
                if not self._items.known(part.id):
                    content = ToolCallPart(name=call.name, arguments="", call_id=part.call_id)
                    yield self._items.start(part.id, "tool_call", "assistant", (content,), parent=parent)
            case "running":
                yield from self._called(part, call, parent)
                yield from self._printed(part, call, parent)
            case "completed" | "error" if not call.over:
                call.over = True
                yield from self._called(part, call, parent)
                self.plan = planned(part.tool, part.state, self.plan)
                yield self._finished(part, call, parent)
            case _:
                pass

    def _called(self, part: Part, call: _Call, parent: str | None) -> Iterator[Output]:
        if call.told:
            return
        call.told = True
        given = as_dict(part.state.input)
        arguments = encode(given).decode()
        content = ToolCallPart(name=call.name, arguments=arguments, call_id=part.call_id)
        yield self._items.complete(part.id, "tool_call", "assistant", (content,), parent=parent)

    def _printed(self, part: Part, call: _Call, parent: str | None) -> Iterator[Output]:
        seen = as_dict(part.state.metadata).get("output")
        if not isinstance(seen, str) or call.over or not (more := call.printed.more(seen)):
            return
        native_id = _result_id(part)
        if self._items.known(native_id) is None:
            content = ToolResultPart(call_id=part.call_id, output="")
            yield self._items.start(native_id, "tool_result", "tool", (content,), parent=parent)
        yield self._items.delta(native_id, more)

    def _finished(self, part: Part, call: _Call, parent: str | None) -> Output:
        state, metadata = part.state, as_dict(part.state.metadata)
        failed = state.status == "error" or part.tool == _INVALID or metadata.get("exit", 0) != 0
        parts: list[ContentPart] = [ToolResultPart(call_id=part.call_id, output=_text(state, call))]
        if isinstance(metadata.get("exit"), int):
            parts.append(JsonPart(json={"exit_code": metadata["exit"]}))
        parts += _images(state)
        if not failed:
            parts += touched(part.tool, state, self._directory, call.proposed)
        return self._items.complete(
            _result_id(part), "tool_result", "tool", parts, status="failed" if failed else "completed", parent=parent
        )


def _name(part: Part) -> str:
    if part.tool == _INVALID:
        return str(as_dict(part.state.input).get("tool") or part.tool)
    return part.tool


def _result_id(part: Part) -> str:
    return f"{part.id}:result"


def _text(state: State, call: _Call) -> str:
    if state.status == "error":
        error = state.error if isinstance(state.error, str) else encode(state.error).decode()
        return call.printed.ended("", call.printed.text + error, None)
    metadata = as_dict(state.metadata)
    seen, path = metadata.get("output"), metadata.get("outputPath")
    if not isinstance(seen, str):
        return state.output
    return call.printed.ended(seen, state.output, path if isinstance(path, str) else None)


def _images(state: State) -> Iterator[ContentPart]:
    for each in as_list(state.attachments):
        file = as_dict(each)
        mime, url = str(file.get("mime", "")), file.get("url")
        if mime.startswith("image/") and isinstance(url, str):
            yield ImagePart(path=url, mime=mime)
