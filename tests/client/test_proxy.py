"""The cutting proxy leaves no socket open: it would be found later and fail a test that has nothing to do with it."""

from __future__ import annotations

import gc
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from .proxy import CuttingProxy


@contextmanager
def talkative() -> Iterator[int]:
    """A server that says more than the proxy lets through; its port."""

    def serve(connection: socket.socket) -> None:
        with connection:
            connection.recv(100)
            connection.sendall(b"x" * 5000)

    def accept() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            serving.append(threading.Thread(target=serve, args=(connection,)))
            serving[-1].start()

    serving: list[threading.Thread] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:
        accepting = threading.Thread(target=accept)
        accepting.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            for thread in (accepting, *serving):
                thread.join()


def test_a_proxy_that_stops_while_connections_end_leaves_nothing_open() -> None:
    with talkative() as port, warnings.catch_warnings(record=True) as leaks:
        warnings.simplefilter("always")
        for seed in range(10):
            with CuttingProxy(port, seed=seed, longest=100) as proxy, ExitStack() as clients:
                for _ in range(24):
                    client = socket.create_connection(("127.0.0.1", int(proxy.url.rsplit(":", 1)[1])), timeout=30)
                    clients.enter_context(client)
                    client.sendall(b"GET /events/sse\r\n")
                    client.recv(10)
            assert proxy.open == 0
            gc.collect()
    assert [str(leak.message) for leak in leaks] == []
