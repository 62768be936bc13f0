"""An HTTP connection that can be broken on purpose. ASGI itself has no word for that."""

from __future__ import annotations

import socket
import struct
from typing import TYPE_CHECKING, Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Mapping

__all__ = ["BreakableProtocol", "break_connection"]

_STATE = "transport"


class BreakableProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol, which also tells the application its transport."""

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self.scope.setdefault("state", {})[_STATE] = self.transport


def break_connection(scope: Mapping[str, Any], *, reset: bool) -> None:
    """Close the connection of a request: at once with a TCP reset, or when what was written has gone out."""
    transport: asyncio.Transport = scope["state"][_STATE]
    if not reset:
        transport.close()
        return
    connected: Any = transport.get_extra_info("socket")
    connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
