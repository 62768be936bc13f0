"""The stand-in as an ASGI application: reads a request, asks the director for a reply, performs it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator, Mapping, MutableMapping
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec

from sandbox_agent.schema.base import decode, encode
from sandbox_agent.testing.model import chores
from sandbox_agent.testing.model.connection import break_connection
from sandbox_agent.testing.model.playing import Act, Break, Hold, Refuse, Send, Wait
from sandbox_agent.testing.model.script import Fail, Reply
from sandbox_agent.testing.model.wire import error
from sandbox_agent.testing.model.wires import WIRES, Wire

if TYPE_CHECKING:
    from sandbox_agent.testing.model.director import Director
    from sandbox_agent.testing.model.gates import Gates, Requests
    from sandbox_agent.testing.model.request import ModelRequest

__all__ = ["ModelApp"]

Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[MutableMapping[str, Any]]]
Transmit: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

# Small enough to reach a slow reader while the reply goes on, large enough to make a flood quick.
WRITE_SIZE = 32 * 1024


class ModelApp:
    """Answers like the APIs of `WIRES`, and what clients ask around them."""

    def __init__(self, director: Director, requests: Requests, gates: Gates) -> None:
        self._director = director
        self._requests = requests
        self._gates = gates
        self._received = 0
        self._calls = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Transmit) -> None:
        """Answer one HTTP request."""
        body = await _body(receive)
        path = str(scope["path"])
        match scope["method"], path:
            case (("HEAD" | "GET"), "/"):
                await _respond(send, 200, b"{}")
            case "GET", "/v1/models":
                await _respond(send, 200, encode(chores.model_list()))
            case "GET", _ if path.startswith("/v1/models/"):
                await _respond(send, 200, encode(chores.model(path.removeprefix("/v1/models/"))))
            case "POST", _ if path in WIRES:
                await self._answer(WIRES[path], scope, receive, send, body)
            case _:
                await _respond(send, 404, encode(error(404, f"no such endpoint: {path}")))

    async def _answer(self, wire: Wire, scope: Scope, receive: Receive, send: Transmit, body: bytes) -> None:
        try:
            decoded = decode(body, dict[str, Any])
        except msgspec.DecodeError as problem:
            await _respond(send, 400, encode(wire.error(400, str(problem))))
            return
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        self._received += 1
        request = wire.request(self._received, str(scope["path"]), headers, decoded)
        reply = self._reply(request)
        # Noted only now: whoever waits for a request may then change the script for the next one.
        self._requests.add(request)
        if reply is None:
            await _respond(send, 200, encode(chores.token_count(request)))
            return
        await _until_gone(receive, self._perform(wire, request, reply, scope, send))

    def _reply(self, request: ModelRequest) -> Reply | None:
        if request.kind == "count":
            return None
        if request.kind == "structured":
            return chores.structured(request)
        if request.kind == "title":
            return chores.title()
        try:
            return self._director.reply(request)
        except Exception as problem:  # noqa: BLE001 - a mistake in a chooser belongs into the test that wrote it
            return Reply(steps=(Fail(status=400, message=f"the script failed: {problem!r}"),))

    async def _perform(self, wire: Wire, request: ModelRequest, reply: Reply, scope: Scope, send: Transmit) -> None:
        make = wire.stream if request.stream else wire.answer
        message_id = wire.message_id.format(request.number)
        acts = make(reply, message_id, request.model, lambda: self._tool_id(wire, request))
        response = _Response(send, request, reply.headers)
        for act in _joined(acts):
            match act:
                case Send(data):
                    await response.write(data)
                case Wait(seconds):
                    await asyncio.sleep(seconds)
                case Hold(name):
                    await self._gates.passed(name)
                case Refuse():
                    await response.refuse(act)
                    return
                case Break(reset):
                    break_connection(scope, reset=reset)
                    await asyncio.Event().wait()
        await response.end()

    def _tool_id(self, wire: Wire, request: ModelRequest) -> str:
        """A new id; the history may hold ids given by another stand-in before a resume."""
        self._calls += 1
        while (name := wire.tool_id.format(self._calls)) in request.call_ids:
            self._calls += 1
        return name


class _Response:
    """One streamed response; its headers go out with the first bytes."""

    def __init__(self, send: Transmit, request: ModelRequest, headers: Mapping[str, str]) -> None:
        self._send = send
        self._more = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        self._started = False
        self._kind = b"text/event-stream; charset=utf-8" if request.stream else b"application/json"
        self._id = b"req_scripted_%04d" % request.number

    async def write(self, data: bytes) -> None:
        if not self._started:
            self._started = True
            headers = [
                (b"content-type", self._kind),
                (b"request-id", self._id),
                (b"cache-control", b"no-cache"),
                *self._more,
            ]
            await self._send({"type": "http.response.start", "status": 200, "headers": headers})
        await self._send({"type": "http.response.body", "body": data, "more_body": True})
        # A flood must not keep the other sessions waiting.
        await asyncio.sleep(0)

    async def refuse(self, act: Refuse) -> None:
        extra = [(b"request-id", self._id)]
        if act.retry_after is not None:
            extra.append((b"retry-after", b"%d" % act.retry_after))
        await _respond(self._send, act.status, act.body, extra)

    async def end(self) -> None:
        await self._send({"type": "http.response.body", "body": b"", "more_body": False})


def _joined(acts: Iterator[Act]) -> Iterator[Act]:
    """The same acts, with neighbouring bytes joined into larger writes."""
    pending = bytearray()
    for act in acts:
        if isinstance(act, Send):
            pending += act.data
            if len(pending) < WRITE_SIZE:
                continue
        if pending:
            yield Send(bytes(pending))
            pending.clear()
        if not isinstance(act, Send):
            yield act
    if pending:
        yield Send(bytes(pending))


async def _respond(send: Transmit, status: int, body: bytes, extra: list[tuple[bytes, bytes]] | None = None) -> None:
    length = b"%d" % len(body)
    headers = [(b"content-type", b"application/json"), (b"content-length", length), *(extra or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _body(receive: Receive) -> bytes:
    chunks: list[bytes] = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(chunks)


async def _until_gone(receive: Receive, performing: Awaitable[None]) -> None:
    """Perform a reply, or stop when its reader is no longer there."""
    performance = asyncio.ensure_future(performing)
    gone = asyncio.ensure_future(_gone(receive))
    try:
        await asyncio.wait({performance, gone}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        gone.cancel()
        performance.cancel()
        results = await asyncio.gather(performance, gone, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


async def _gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
