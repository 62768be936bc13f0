"""One thread of the service: keeps the conversation, asks the script for replies, has the CLI run the tools.

The CLI opens two sockets to a thread. One, the executor, registers its tools and runs those that are leased to it; the
other watches. Every frame is JSON-RPC.
"""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import msgspec

from sandbox_agent.schema.base import encode
from sandbox_agent.testing.amp.values import Json, list_of, object_of
from sandbox_agent.testing.amp.websocket import WebSocket
from sandbox_agent.testing.model.script import Call, Cut, Emit, Fail, Flood, Reply, Say, Stall, Think

__all__ = ["Ask", "Thread", "native_id"]

Ask: TypeAlias = Callable[["Thread"], Reply]
"""What the model of a thread says next."""
Pause: TypeAlias = Callable[[str], Awaitable[None]]
"""Waits until a name is released."""

_BASE62 = string.ascii_letters + string.digits
_ID_SIZE = 22
_CONTEXT = 200_000
_CREATED = "2026-01-01T00:00:00.000Z"


def native_id(prefix: str) -> str:
    """An id as the CLI accepts it: it drops every frame with another kind of id, without a word."""
    return f"{prefix}-{''.join(secrets.choice(_BASE62) for _ in range(_ID_SIZE))}"


class Thread:
    """See the module. Used on one loop."""

    def __init__(self, thread_id: str, mode: str, ask: Ask, pause: Pause) -> None:
        self.thread_id = thread_id
        self.mode = mode
        self.messages: list[Json] = []
        self.tools: list[Json] = []
        """What the executor offers."""
        self.skills: Any = None
        """What the executor last said of its skills."""
        self._ask = ask
        self._pause = pause
        self._sockets: list[WebSocket] = []
        self._executor: WebSocket | None = None
        self._results: dict[str, asyncio.Future[Json]] = {}
        self._turn: asyncio.Task[None] | None = None
        self._ready = asyncio.Event()
        self._state = "idle"
        self._sequence = 0

    async def serve(self, socket: WebSocket) -> None:
        """Talk on one socket until it closes."""
        self._sockets.append(socket)
        await socket.send("pong")
        try:
            while (text := await socket.receive()) is not None:
                if text == "ping":
                    await socket.send("pong")
                    continue
                decoded = msgspec.json.decode(text)
                for frame in list_of(decoded) or [object_of(decoded)]:
                    await self._heard(socket, frame)
        finally:
            self._sockets.remove(socket)
            if socket is self._executor:
                self._executor = None
                self._ready.clear()
                self.cancel()

    def leave(self) -> None:
        """Break every connection; unlike one that the CLI breaks, this does not break off the turn."""
        self._executor = None
        self._ready.clear()
        for socket in self._sockets:
            socket.abort()

    @property
    def watched(self) -> bool:
        """Whether the executor and the other socket are there."""
        return self._executor is not None and len(self._sockets) > 1

    @property
    def turn(self) -> asyncio.Task[None] | None:
        """The turn that runs, or ran last."""
        return self._turn

    def cancel(self) -> bool:
        """Break off the running turn, if there is one."""
        if self._turn is None or self._turn.done():
            return False
        self._turn.cancel()
        return True

    # What the CLI asks

    async def _heard(self, socket: WebSocket, frame: Json) -> None:
        method, params = str(frame.get("method", "")), object_of(frame.get("params"))
        if method == "client_resume":
            await self._resumed(socket)
        result = self._result(method)
        if "id" in frame:
            await _send(socket, {"id": frame["id"], "result": result})
        match method:
            case "executor_connect":
                self._executor = socket
                await self._connected(socket, params)
            case "executor_tools_register":
                self.tools = list_of(params.get("tools"))
            case "executor_skill_snapshot":
                self.skills = params
            case "executor_tools_bootstrap_complete":
                self._ready.set()
            case "client_append_user_msg":
                await self._prompted(params)
            case "executor_tool_result":
                self._returned(params)
                await _send(
                    socket, {"method": "executor_tool_result_ack", "params": {"toolCallId": params.get("toolCallId")}}
                )
            case "client_cancel":
                if self.cancel():
                    await self._tell("cancelled", {})
            case _:
                pass

    def _result(self, method: str) -> Json:
        if method == "client_resume":
            count = len(self.messages)
            return {"replayMessageCount": count, "storedEventCount": count, "replayThroughSeq": self._sequence}
        return {"ok": True}

    async def _resumed(self, socket: WebSocket) -> None:
        state: Json = {"state": self._state, "agentMode": self.mode}
        beginnings: tuple[tuple[str, Json], ...] = (
            ("agent_state", state),
            ("thread_settings", {"settings": {}}),
            ("thread_features", {"features": []}),
            ("queued_messages", {"messages": []}),
            ("tool_approval_queue", {"approvals": []}),
        )
        for method, params in beginnings:
            await _send(socket, {"method": method, "params": params})
        for number, message in enumerate(self.messages, 1):
            await _send(socket, {"method": "message_added", "params": {"message": message, "seq": number}})

    async def _connected(self, socket: WebSocket, params: Json) -> None:
        known: Json = {
            "executorId": params.get("clientId"),
            "registeredToolCount": len(self.tools),
            "guidanceInventory": [],
            "resumeBootstrap": False,
            "executorSystemInfo": True,
        }
        await _send(socket, {"method": "executor_connected", "params": known})

    async def _prompted(self, params: Json) -> None:
        message_id = str(params.get("messageId") or native_id("M"))
        self.mode = str(params.get("agentMode") or self.mode)
        await self._add("user", list_of(params.get("content")), message_id)
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._work(), name=f"turn of {self.thread_id}")

    def _returned(self, params: Json) -> None:
        waiting = self._results.pop(str(params.get("toolCallId")), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(object_of(params.get("run")))

    # The turn

    async def _work(self) -> None:
        try:
            # The prompt comes before the tools are registered; an answer before that is never printed.
            await self._ready.wait()
            while True:
                seen = len(self.messages)
                message_id = native_id("M")
                await self._become("working", message_id)
                offered = [str(tool.get("name")) for tool in self.tools]
                # Without it the CLI prints nothing at all before its end.
                await self._tell("inference_tools", {"messageId": message_id, "agentMode": self.mode, "tools": offered})
                more = await self._say(self._ask(self), message_id)
                if not more and len(self.messages) <= seen + 1:
                    break
            await self._become("idle")
        except asyncio.CancelledError:
            self._results.clear()
            await self._become("idle")
            raise

    async def _say(self, reply: Reply, message_id: str) -> bool:
        """One message of the model, and the tools it calls; whether the model is to go on."""
        content: list[Json] = []
        for step in reply.steps:
            match step:
                case Stall(name=name, seconds=None):
                    await self._pause(name)
                case Stall(seconds=seconds):
                    await asyncio.sleep(seconds or 0)
                case Fail(status=status, message=message):
                    text = message or f"the script answers with status {status}"
                    await self._tell(
                        "error_set", {"seq": self._next(), "error": {"message": text, "code": str(status)}}
                    )
                    await self._become("error")
                    return False
                case Cut():
                    for socket in self._sockets:
                        socket.abort()
                    return False
                case Emit(event=event):
                    await self._broadcast(event)
                case _:
                    content.append(_block(step))
        await self._become("streaming", message_id)
        calls = [block for block in content if block["type"] == "tool_use"]
        stop = reply.stop or ("tool_use" if calls else "end_turn")
        await self._add("assistant", content, message_id, stop=stop, usage=_usage(reply))
        if calls:
            await self._run(calls, message_id)
        return bool(calls)

    async def _run(self, calls: list[Json], message_id: str) -> None:
        await self._become("running_tools")
        loop = asyncio.get_running_loop()
        for call in calls:
            self._results[call["id"]] = loop.create_future()
        waiting = {call["id"]: self._results[call["id"]] for call in calls}
        for call in calls:
            lease = {"toolCallId": call["id"], "toolName": call["name"], "args": call["input"], "messageId": message_id}
            if self._executor is not None:
                await _send(self._executor, {"method": "tool_lease", "params": lease})
        blocks: list[Json] = []
        for call_id, result in waiting.items():
            blocks.append({"type": "tool_result", "toolUseID": call_id, "run": await result})
        await self._add("user", blocks, native_id("M"))

    async def _add(
        self, role: str, content: list[Json], message_id: str, *, stop: str = "", usage: Json | None = None
    ) -> None:
        message: Json = {
            "threadId": self.thread_id,
            "messageId": message_id,
            "role": role,
            "content": content,
            "createdAt": _CREATED,
            "readAt": _CREATED,
        }
        if role == "assistant":
            message |= {"state": {"type": "complete", "stopReason": stop}, "usage": usage}
        self.messages.append(message)
        await self._tell("message_added", {"message": message, "seq": self._next()})

    async def _become(self, state: str, message_id: str | None = None) -> None:
        self._state = state
        about = {} if message_id is None else {"messageId": message_id}
        await self._tell("agent_state", {"state": state, "agentMode": self.mode, **about})

    async def _tell(self, method: str, params: Json) -> None:
        await self._broadcast({"method": method, "params": params})

    async def _broadcast(self, frame: Json) -> None:
        for socket in list(self._sockets):
            await _send(socket, frame)

    def _next(self) -> int:
        self._sequence += 1
        return self._sequence


async def _send(socket: WebSocket, frame: Json) -> None:
    await socket.send(encode({"jsonrpc": "2.0", **frame}).decode())


def _block(step: Say | Think | Call | Flood) -> Json:
    match step:
        case Say(text=text):
            return {"type": "text", "text": "".join(text)}
        case Think(text=text, signature=signature):
            return {"type": "thinking", "thinking": "".join(text), "signature": signature}
        case Call(name=name, input=given, id=call_id):
            return {
                "type": "tool_use",
                "id": call_id or native_id("TU"),
                "name": name,
                "input": given,
                "complete": True,
            }
        case Flood(count=count):
            return {"type": "text", "text": "".join(step.text(number) for number in range(count))}


def _usage(reply: Reply) -> Json:
    usage = reply.usage
    read = usage.input_tokens + usage.cache_read_input_tokens + usage.cache_creation_input_tokens
    return {
        "model": "scripted",
        "maxInputTokens": _CONTEXT,
        "totalInputTokens": read,
        "inputTokens": usage.input_tokens,
        "outputTokens": 1 if usage.output_tokens is None else usage.output_tokens,
        "cacheReadInputTokens": usage.cache_read_input_tokens,
        "cacheCreationInputTokens": usage.cache_creation_input_tokens,
    }
