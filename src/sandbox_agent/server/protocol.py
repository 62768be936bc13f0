"""One connection: uvicorn's, with bounds on what a client can make us keep and on how long it can make us wait."""

from __future__ import annotations

from asyncio import Transport
from http import HTTPStatus

from sandbox_agent.schema.base import encode
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.parts import without_package_init
from sandbox_agent.server.problems import PROBLEM_TYPE

with without_package_init("uvicorn"):  # whose __init__ imports a command line, process managers and reloaders
    from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["SILENT_BYTES", "Protocol"]

SILENT_BYTES = 512 * 1024
"""A client may send so much that leads to nothing: heads, trailers, the wrapping of chunks. Larger than one read."""
_CHARACTERS = "in a URL, percent-encode everything but letters, digits and -._~"


class Protocol(HttpToolsProtocol):
    """Says what it has to say as a problem too.

    The parser gathers a name or a value until it is complete, however long it gets, and keeps all of them; and it waits
    for the rest of a head for ever.
    """

    silent = 0
    """Bytes since anything came of them."""
    begun = False
    """There was a whole head already."""
    waiting_since: float | None = None
    """Loop time when the head of a request began to be awaited; None while none is."""

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override]
        """Wait for a head."""
        super().connection_made(transport)
        self.waiting_since = self.loop.time()

    def data_received(self, data: bytes) -> None:
        """Parse, and see whether it leads anywhere."""
        self.silent += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if self.silent > SILENT_BYTES:
            status = HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE
            self._refuse(InvalidRequest("the head of the request is too large", status=status))
        elif self.waiting_since is None and self.timeout_keep_alive_task is None and self._at_rest:
            self.waiting_since = self.loop.time()

    @property
    def _at_rest(self) -> bool:
        return not self.begun or self.cycle.response_complete

    def on_message_begin(self) -> None:
        """A head begins."""
        super().on_message_begin()
        self.silent = 0
        self.waiting_since = self.loop.time()

    def on_headers_complete(self) -> None:
        """The head is complete."""
        self.silent = 0
        self.waiting_since = None
        super().on_headers_complete()
        self.begun = True

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        self.silent = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """The body is complete."""
        self.silent = 0
        super().on_message_complete()

    def check(self, now: float, patience: float) -> None:
        """Hang up on a client that takes longer than `patience` seconds for the head of a request."""
        if self.waiting_since is None or now - self.waiting_since < patience:
            return
        self.waiting_since = None
        if not self.begun:
            error = InvalidRequest("the request did not come in time", status=HTTPStatus.REQUEST_TIMEOUT)
            self._refuse(error)
        else:  # an answer to nothing would be taken for the next one's
            self.transport.close()

    def send_400_response(self, msg: str) -> None:
        """Refuse what is not HTTP."""
        self._refuse(InvalidRequest(msg.rstrip("."), hint=_CHARACTERS))

    def _refuse(self, error: InvalidRequest) -> None:
        if not self._at_rest:
            if self.cycle.response_started:  # in the middle of an answer there is nothing to say
                self.transport.close()
                return
            self.cycle.disconnected = True  # this is its answer
            self.cycle.message_event.set()
        body = encode(error.problem())
        head = (
            f"HTTP/1.1 {error.status} {HTTPStatus(error.status).phrase}\r\ncontent-type: {PROBLEM_TYPE}\r\n"
            f"content-length: {len(body)}\r\nconnection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)
        self.transport.close()
