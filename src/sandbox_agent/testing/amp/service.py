"""The scripted service as something to start and stop; it is driven like a `ScriptedModel`."""

from __future__ import annotations

import asyncio
import socket
import uuid
from concurrent.futures import Future
from typing import Any

from sandbox_agent.testing.amp.history import conversation
from sandbox_agent.testing.amp.http import Request, answer, read_request, upgrade
from sandbox_agent.testing.amp.thread import Thread
from sandbox_agent.testing.amp.values import Json, object_of
from sandbox_agent.testing.amp.websocket import WebSocket, accept_key
from sandbox_agent.testing.model.request import ModelRequest
from sandbox_agent.testing.model.script import Fail, Reply
from sandbox_agent.testing.model.server import ScriptedModel

__all__ = ["FAKE_AMP_KEY", "ScriptedAmp"]

FAKE_AMP_KEY = "sgamp_user_fake_scripted"
_KEY = "rvt-key"
_USER: Json = {
    "id": "user_scripted",
    "email": "nobody@localhost",
    "username": "nobody",
    "firstName": "No",
    "lastName": "Body",
    "emailVerified": True,
    "createdAt": "2026-01-01T00:00:00.000Z",
    "siteAdmin": False,
    "profilePictureUrl": None,
    "features": [],
}


class ScriptedAmp(ScriptedModel):
    """A stand-in of Amp's service on loopback: what its model says comes from a script, what its tools do is real.

    Each thread plays the script from its beginning. A `fail` ends the turn with an error, whatever its status; Amp
    shows no deltas, so texts come whole.
    """

    _threads: dict[str, Thread]
    _labels: dict[str, tuple[str, ...]]
    _away = False
    _refused = 0

    @property
    def env(self) -> dict[str, str]:
        """What to put into the environment of Amp so that it talks to this service and nobody else."""
        return {"AMP_URL": self.url, "AMP_API_KEY": FAKE_AMP_KEY}

    def labels(self, thread_id: str) -> tuple[str, ...]:
        """The labels that a thread was given."""
        return self._labels.get(thread_id, ())

    def leave(self) -> None:
        """Break every connection and each new one, as if the service were gone; turns go on meanwhile."""
        self._call(self._leave)

    @property
    def refused(self) -> int:
        """How many connections it has broken since it last went away."""
        return self._refused

    def watched(self, thread_id: str) -> bool:
        """Whether the CLI is connected with all its sockets."""
        return self._threads[thread_id].watched

    def come_back(self) -> None:
        """Take connections again."""
        self._away = False

    def _leave(self) -> None:
        self._away, self._refused = True, 0
        for thread in self._threads.values():
            thread.leave()

    async def _serve(self, listener: socket.socket, started: Future[None]) -> None:
        self._threads = {}
        self._labels = {}
        tasks: set[asyncio.Task[None]] = set()

        async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.current_task()
            if task is not None:
                tasks.add(task)
                task.add_done_callback(tasks.discard)
            try:
                await self._connected(reader, writer)
            except asyncio.CancelledError:
                pass  # by us, because the service closes; asyncio would complain of a handler that was cancelled
            finally:
                writer.transport.abort()

        server = await asyncio.start_server(connected, sock=listener)
        self._loop = asyncio.get_running_loop()
        started.set_result(None)
        try:
            await self._stop.wait()
        finally:
            self._loop = None
            server.close()
            for task in tasks | {turn for each in self._threads.values() if (turn := each.turn) is not None}:
                task.cancel()
            if tasks:
                await asyncio.wait(set(tasks))

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await read_request(reader)
        if self._away:
            self._refused += 1
            return
        if request is None:
            return
        if request.headers.get("upgrade", "").lower() == "websocket":
            thread = self._threads.get(next(iter(request.query.get(_KEY, [])), ""))
            if thread is None:
                writer.write(answer({"ok": False}, 404))
                await writer.drain()
                return
            writer.write(upgrade(accept_key(request.headers.get("sec-websocket-key", "")), "rivet"))
            await thread.serve(WebSocket(reader, writer))
            return
        status, value = self._answer(request)
        writer.write(answer(value, status))
        await writer.drain()

    def _answer(self, request: Request) -> tuple[int, Any]:
        is_api = request.path.startswith("/api/")  # a thread is reached with its own token
        if is_api and request.headers.get("authorization") != f"Bearer {FAKE_AMP_KEY}":
            return 401, {"ok": False, "error": {"code": "unauthenticated", "message": "Invalid or missing API key"}}
        match request.method, request.path:
            case "POST", "/api/internal":
                return 200, self._internal(request)
            case "POST", "/api/thread-actors":
                return 200, self._open(request.json)
            case _:
                return 200, {"ok": True}

    def _internal(self, request: Request) -> Json:
        asked = request.json
        params = object_of(asked.get("params"))
        thread = self._threads.get(str(params.get("thread")))
        match asked.get("method"):
            case "getUserInfo":
                result: Any = _USER
            case "loadPlugins":
                result = []
            case "loadSkills":
                result = {"sources": []}
            case "getThreadTail" if thread is not None:
                result = _tail(thread)
            case "getThreadTail":
                return {"ok": False, "error": {"code": "thread-not-found", "message": "Thread not found"}}
            case "addThreadLabels":
                labels = tuple(str(label) for label in params.get("labels") or ())
                self._labels[str(params.get("thread"))] = labels
                result = [{"name": label} for label in labels]
            case _:
                result = {}
        return {"ok": True, "result": result}

    def _open(self, asked: Json) -> Json:
        thread_id = str(asked.get("threadId") or f"T-{uuid.uuid4()}")
        if thread_id not in self._threads:
            mode = str(asked.get("agentMode") or "medium")
            self._threads[thread_id] = Thread(thread_id, mode, self._reply, self._gates.passed)
        return {
            "threadId": thread_id,
            "wsToken": "scripted",
            "ownerUserId": "user_scripted",
            "threadVersion": 0,
            "usesThreadActors": True,
        }

    def _reply(self, thread: Thread) -> Reply:
        body = {
            "model": thread.mode,
            "messages": conversation(thread.messages),
            "tools": [{"name": tool.get("name")} for tool in thread.tools],
            "skills": thread.skills,
        }
        number = len(self.requests) + 1
        request = ModelRequest(number, "/threads", {"x-session-id": thread.thread_id}, body)
        try:
            reply = self._director.reply(request)
        except Exception as problem:  # noqa: BLE001 - a mistake in a chooser belongs into the test that wrote it
            reply = Reply(steps=(Fail(status=400, message=f"the script failed: {problem!r}"),))
        self._requests.add(request)
        return reply


def _tail(thread: Thread) -> Json:
    data: Json = {
        "id": thread.thread_id,
        "v": 1,
        "created": 1_700_000_000_000,
        "agentMode": thread.mode,
        "meta": {"agentMode": thread.mode},
        "messages": [],
    }
    return {"thread": {"id": thread.thread_id, "v": 1, "agentMode": thread.mode, "data": data}, "messages": []}
