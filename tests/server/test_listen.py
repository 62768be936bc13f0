from __future__ import annotations

import socket

import pytest

from sandbox_agent.server.listen import CannotListen, inherited, is_loopback, listen, url_of


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "127.0.0.2", "::1"])
def test_loopback_addresses_are_known(host: str) -> None:
    with listen(host, 0) as sock:
        assert is_loopback(sock)
        port = sock.getsockname()[1]
        name = f"[{host}]" if ":" in host else host
        assert url_of(sock, host) == f"http://{name}:{port}"


@pytest.mark.parametrize(("host", "name"), [("0.0.0.0", "127.0.0.1"), ("::", "[::1]")])  # noqa: S104
def test_all_addresses_are_not_loopback(host: str, name: str) -> None:
    with listen(host, 0) as sock:
        assert not is_loopback(sock)
        assert url_of(sock, host) == f"http://{name}:{sock.getsockname()[1]}"


def test_a_port_in_use_is_named_with_what_to_do() -> None:
    with listen("127.0.0.1", 0) as sock:
        port = sock.getsockname()[1]
        with pytest.raises(CannotListen, match=f"port {port} on 127.0.0.1 is in use.*--port"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["no.such.host.invalid", "203.0.113.7", "a" * 300, "\u00fc.."])
def test_an_address_that_is_not_ours_is_named(host: str) -> None:
    with pytest.raises(CannotListen, match=host[:12]):
        listen(host, 0)


def test_a_socket_can_be_inherited() -> None:
    with listen("127.0.0.1", 0) as sock:
        taken = inherited(sock.detach())
        with taken:
            assert is_loopback(taken)
            assert not taken.get_inheritable()


def test_what_is_no_listening_socket_is_refused() -> None:
    with pytest.raises(CannotListen, match="no socket"):
        inherited(9999)
    with socket.socket() as sock, pytest.raises(CannotListen, match="no listening socket"):
        inherited(sock.detach())
