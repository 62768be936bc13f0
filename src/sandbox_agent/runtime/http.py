"""An agent that is an HTTP server on loopback: requests go out, replies and the events of its stream come in.

The program itself is run like any other, through a stdio link of which this is the sink. Its event stream is opened
first, and opened again when it breaks while the program lives; requests wait for it, because what happens while
nobody listens is told to nobody.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Collection
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import msgspec

from sandbox_agent.adapter import Exited, HttpServer, Spawn
from sandbox_agent.adapter.frames import LINE_LIMIT, LineTooLong, SseDecoder
from sandbox_agent.adapter.http import Reply, Request
from sandbox_agent.adapter.mending import flattened, mended
from sandbox_agent.runtime.link import LinkFailed, Sink
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.stdio import StdioLink, open_stdio
from sandbox_agent.schema.base import encode

__all__ = ["HttpLink", "open_http"]

READY_LIMIT = 30.0
"""Seconds a server has to say where it listens."""
LOST_LIMIT = 10.0
"""Seconds for which a broken event stream is tried to be opened again; then the server is ended."""
SILENCE_LIMIT = 45.0
"""Seconds without a byte after which an event stream is taken for broken; servers send heartbeats."""
REPLY_LIMIT = 60.0
"""Seconds a server may leave a request without a byte of an answer."""
DRAIN_LIMIT = 1.0
"""Seconds for what a server said last, after its end."""
PAUSE = 0.1
"""Seconds between two tries to open the event stream."""
EXCERPT = 500
"""Characters of an answer that is no JSON."""

_decode_request = msgspec.json.Decoder(Request).decode


def open_http(spawn: Spawn, sink: Sink, settings: Settings) -> HttpLink:
    """Start the server of `spawn`, which then speaks to `sink`. Raises `LinkFailed`. Does not wait."""
    if spawn.http is None:
        raise LinkFailed("an http link needs to know how to reach its agent")
    return HttpLink(spawn, spawn.http, sink, settings)


class HttpLink:
    """See `Link`."""

    def __init__(self, spawn: Spawn, server: HttpServer, sink: Sink, settings: Settings) -> None:
        password = secrets.token_urlsafe(32)
        self._server = server
        self._sink = sink
        self._auth = httpx.BasicAuth(server.user, password)
        self._loop = asyncio.get_running_loop()
        self._url: asyncio.Future[str] = self._loop.create_future()
        self._settling: asyncio.TimerHandle | None = None
        self._listening = asyncio.Event()
        """The event stream is open."""
        self._reading = asyncio.Event()
        self._reading.set()
        self._over = asyncio.Event()
        self._gone = asyncio.Event()
        self._failure: str | None = None
        self._replies: set[asyncio.Task[None]] = set()
        secret = replace(spawn, env={**spawn.env, server.secret: password})
        self._program: StdioLink = open_stdio(secret, _Stdout(self), settings)
        self._client = httpx.AsyncClient(auth=self._auth, timeout=REPLY_LIMIT, trust_env=False)
        self._life = self._loop.create_task(self._live(), name=f"http agent {self.pid}")

    @property
    def url(self) -> str | None:
        """Where the server listens, once it said so."""
        return self._url.result() if self._url.done() and not self._url.cancelled() else None

    @property
    def pid(self) -> int:
        """Process id of the server."""
        return self._program.pid

    def send(self, data: bytes) -> None:
        """See `Link`. Takes one `Request` as JSON; its reply is a line, also when there was no answer."""
        if self._over.is_set():
            return
        task = self._loop.create_task(self._ask(_decode_request(data)))
        self._replies.add(task)
        task.add_done_callback(self._replies.discard)

    def noise(self, line: bytes) -> None:
        """See `Link`."""
        self._program.noise(line)

    def pause(self) -> None:
        """See `Link`. Events stay in the connection; replies were asked for and are delivered."""
        self._reading.clear()

    def resume(self) -> None:
        """See `Link`."""
        self._reading.set()

    async def close(self, *, grace: float = 2.0) -> None:
        """See `Link`."""
        await self._program.close(grace=grace)
        await self._over.wait()

    async def end_marked(self, marks: Collection[str]) -> None:
        """See `Link`."""
        await self._program.end_marked(marks)

    # The program

    def printed(self, line: bytes) -> None:
        """A line on the server's standard output: where it listens, or noise."""
        _, ready, rest = line.decode(errors="replace").partition(self._server.ready)
        if ready and not self._url.done() and (url := rest.strip().split(" ")[0]) and urlsplit(url).port:
            self._url.set_result(url)
        else:
            self._program.noise(line)

    def ended(self, exit: Exited) -> None:
        """The server is gone."""
        self._gone.set()
        self._reading.set()
        task = self._loop.create_task(self._end(exit), name=f"end of http agent {self.pid}")
        self._replies.add(task)  # somebody must hold it
        task.add_done_callback(self._replies.discard)

    async def _end(self, exit: Exited) -> None:
        await asyncio.wait({self._life}, timeout=DRAIN_LIMIT if self._url.done() else 0)
        left = {self._life, *self._replies} - {asyncio.current_task()}
        for task in left:
            task.cancel()
        await asyncio.wait(left)
        with contextlib.suppress(Exception):
            await self._client.aclose()
        self._over.set()
        self._sink.exited(exit if self._failure is None else Exited(stderr=exit.stderr, error=self._failure))

    # The event stream

    async def _live(self) -> None:
        """Listen for as long as the program lives; end it when that cannot be done."""
        try:
            async with asyncio.timeout(READY_LIMIT):
                url = await asyncio.shield(self._url)
        except TimeoutError:
            await self._give_up(f"the agent's server did not say within {READY_LIMIT:g} s where it listens")
            return
        self._client.base_url = url
        deadline = self._loop.time() + READY_LIMIT
        while not self._gone.is_set() and self._loop.time() < deadline:
            if await self._listen():
                deadline = self._loop.time() + LOST_LIMIT
            self._deafened()
            await asyncio.sleep(PAUSE)
        if not self._gone.is_set():
            await self._give_up("the agent's server lives but its event stream cannot be opened")

    def _deafened(self) -> None:
        """Requests wait until the event stream is open again."""
        if self._settling is not None:
            self._settling.cancel()
        self._listening.clear()

    async def _give_up(self, reason: str) -> None:
        self._failure = reason
        await self._program.close(grace=0)

    async def _listen(self) -> bool:
        """Read the event stream to its end; whether there was one."""
        timeout = httpx.Timeout(REPLY_LIMIT, read=SILENCE_LIMIT)
        heard = False
        with contextlib.suppress(httpx.HTTPError):
            async with self._client.stream("GET", self._server.events, timeout=timeout) as response:
                if not response.is_success or not _is(response, "text/event-stream"):
                    return False
                async for lines in _frames(response):
                    if not heard:
                        heard = True
                        self._settling = self._loop.call_later(self._server.settle, self._listening.set)
                    self._sink.received(lines)
                    await self._reading.wait()
        return heard

    # Requests

    async def _ask(self, request: Request) -> None:
        await self._listening.wait()
        try:
            reply = await self._answer(request)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if await self._dies():
                return  # the exit says all
            reply = Reply(reply=request.key, error=str(error) or type(error).__name__)
        self._sink.received([encode(reply)])

    async def _dies(self) -> bool:
        """Whether a connection broke because the server ends, which may be known a little later."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(DRAIN_LIMIT):
                await self._gone.wait()
        return self._gone.is_set()

    async def _answer(self, request: Request) -> Reply:
        body = None if request.body is None else encode(request.body)
        headers = {} if body is None else {"content-type": "application/json"}
        given = self._client.stream(
            request.method, request.path, params=request.query or None, content=body, headers=headers
        )
        async with given as response:
            content = bytearray()
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > LINE_LIMIT:
                    return Reply(reply=request.key, error=f"an answer of more than {LINE_LIMIT} bytes")
        return _reply(request.key, response, bytes(content))


class _Stdout:
    """The sink of the program."""

    def __init__(self, link: HttpLink) -> None:
        self._link = link

    def received(self, lines: list[bytes | LineTooLong]) -> None:
        for line in lines:
            if isinstance(line, bytes):
                self._link.printed(line)

    def exited(self, exit: Exited) -> None:
        self._link.ended(exit)


async def _frames(response: httpx.Response) -> AsyncIterator[list[bytes | LineTooLong]]:
    """The data of the events, as many as one read brought. An event over the limit is thrown away."""
    decoder, size = SseDecoder(), 0
    async for chunk in response.aiter_bytes():
        size += len(chunk)
        if frames := decoder.feed(chunk):
            size = 0
            yield [frame.data for frame in frames]
        elif size > LINE_LIMIT:
            yield [LineTooLong(size=size)]
            decoder, size = SseDecoder(), 0


def _reply(key: str, response: httpx.Response, content: bytes) -> Reply:
    if not content:
        return Reply(reply=key, status=response.status_code)
    if _is(response, "application/json"):
        body = content
        for mend in (flattened, mended):
            with contextlib.suppress(msgspec.DecodeError, UnicodeDecodeError):
                body = mend(body)
                msgspec.json.decode(body)  # what cannot be read would be noise, and the adapter would wait for ever
                return Reply(reply=key, status=response.status_code, body=msgspec.Raw(body))
    text = content[: 4 * EXCERPT].decode(errors="replace")[:EXCERPT]
    return Reply(reply=key, status=response.status_code, error=text)


def _is(response: httpx.Response, kind: str) -> bool:
    return str(response.headers.get("content-type", "")).partition(";")[0].strip() == kind
