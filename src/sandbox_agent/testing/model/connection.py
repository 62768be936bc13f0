"""An HTTP connection that can be broken on purpose. ASGI itself has no word for that."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Mapping
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

__all__ = ["BreakableProtocol", "break_connection"]

_KEY = "sandbox_agent.transport"


class BreakableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also tells the application its transport."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope[_KEY] = self.transport  # type: ignore[typeddict-unknown-key]


def break_connection(scope: Mapping[str, Any], *, reset: bool) -> None:
    """Close the connection of a request: at once with a TCP reset, or when what was written has gone out."""
    transport = scope[_KEY]
    assert isinstance(transport, asyncio.Transport)
    if not reset:
        transport.close()
        return
    connected: Any = transport.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
