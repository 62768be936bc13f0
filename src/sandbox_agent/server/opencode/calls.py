"""The tool calls of a session, and where their results belong. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sandbox_agent.schema.content import ImagePart, Item, ToolCallPart, ToolResultPart
from sandbox_agent.server.opencode import asks, tools
from sandbox_agent.server.opencode.shapes import Json, News
from sandbox_agent.server.opencode.thread import Part, Thread

__all__ = ["Calls", "ToolCall"]

_SHARE = 16


@dataclass
class ToolCall:
    """One call: its part, and the item that made it."""

    thread: Thread
    part: Part
    item_id: str
    output: list[str] = field(default_factory=list[str])
    length: int = 0
    unsent: int = 0

    @property
    def state(self) -> Json:
        """The state of the part."""
        state: Json = self.part.json["state"]
        return state

    def become(self, state: Json, at: int) -> News:
        """Change the state and say so."""
        self.part.json["state"] = state
        return self.thread.told(self.part, at)


class Calls:
    """See the module. Calls that are over are kept, because a subagent or a question may name them."""

    def __init__(self) -> None:
        self._by_call: dict[str, ToolCall] = {}
        self._by_item: dict[str, ToolCall] = {}
        self._results: dict[str, ToolCall] = {}
        self._waiting: dict[str, ToolCall] = {}

    def of_item(self, item_id: str) -> ToolCall | None:
        """The call that an item made."""
        return self._by_item.get(item_id)

    def place_of(self, item_id: str | None) -> asks.Call | None:
        """Message and call of an item, for requests."""
        call = self._by_item.get(item_id or "")
        return None if call is None else (call.part.json["messageID"], call.part.json["callID"])

    def item_of(self, result: Item) -> str | None:
        """The item whose call a result answers."""
        call = self._call_of(result)
        return None if call is None else call.item_id

    def call(self, thread: Thread, item: Item, at: int, *, done: bool) -> Iterator[News]:
        """An item calls a tool; `done`: it has said with which arguments."""
        said = next((part for part in item.content if isinstance(part, ToolCallPart)), None)
        if said is None:
            return
        call = self._by_item.get(item.item_id)
        if call is None:
            json = {"type": "tool", "callID": said.call_id, "tool": tools.name_of(said.name)}
            part = Part({**json, "state": tools.pending("" if done else said.arguments)})
            call = self._by_item[item.item_id] = ToolCall(thread, part, item.item_id)
            self._by_call[said.call_id] = self._waiting[item.item_id] = call
            yield from thread.add(at, part)
        input = tools.arguments(said.arguments, call.part.json["tool"]) if done else {}
        if done and item.status == "failed":
            self._waiting.pop(item.item_id, None)
            yield call.become(tools.failed({"input": input}, "The call failed", at), at)
        elif done and call.state["status"] == "pending":
            yield call.become(tools.running(input, at, {}), at)

    def result(self, item: Item, at: int, *, done: bool) -> Iterator[News]:
        """An item is the answer of a tool, or begins to be."""
        call = self._call_of(item)
        if call is None:
            return
        self._results[item.item_id] = call
        if not done:
            return
        self._waiting.pop(call.item_id, None)
        content = item.content
        state = tools.completed(call.state, content, at, self._pictures(call, item, at))
        if item.status == "failed":
            yield call.become(tools.failed(state, state["output"] or "The tool failed", at), at)
        else:
            yield call.become(state, at)
        for path in tools.edited_files(content):
            yield News("file.edited", {"file": path})

    def grow(self, item_id: str, text: str, at: int) -> Iterator[News]:
        """More arguments of a call, or more output of a tool; output is told whole, so not with every word."""
        if (call := self._by_item.get(item_id)) is not None:
            if call.state["status"] == "pending":
                call.state["raw"] += text
        elif (call := self._results.get(item_id)) is not None and call.state["status"] == "running":
            call.output.append(text)
            call.length += len(text)
            call.unsent += len(text)
            if call.unsent * _SHARE > call.length:
                call.unsent, call.output = 0, ["".join(call.output)]
                metadata = {**call.state["metadata"], "output": call.output[0]}
                yield call.become({**call.state, "metadata": metadata}, at)

    def abandon(self, at: int) -> Iterator[News]:
        """The turn is over: what has no answer will have none."""
        for call in self._waiting.values():
            yield call.become(tools.failed(call.state, "Tool execution aborted", at), at)
        self._waiting.clear()
        self._results.clear()

    def _call_of(self, item: Item) -> ToolCall | None:
        said = next((part for part in item.content if isinstance(part, ToolResultPart)), None)
        return self._by_call.get(said.call_id) if said is not None else self._results.get(item.item_id)

    def _pictures(self, call: ToolCall, item: Item, at: int) -> list[Json]:
        own = {"sessionID": call.thread.about.id, "messageID": call.part.json["messageID"]}
        pictures = (tools.picture(part) for part in item.content if isinstance(part, ImagePart))
        return [{"id": call.thread.request_id("prt", at), **own, **each} for each in pictures]
