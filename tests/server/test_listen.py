from __future__ import annotations

import socket
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from sandbox_agent.server.listen import CannotListen, inherited, is_loopback, listen, listen_at, remove, url_of


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


def test_a_unix_socket_is_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen_at(path) as sock:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert is_loopback(sock)
        assert url_of(sock, "") == f"unix:{path}"


def test_the_socket_of_a_server_that_is_gone_makes_room(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listen_at(path).close()
    assert path.is_socket()
    with listen_at(path), socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))


def test_a_socket_in_use_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with listen_at(path):
        with pytest.raises(CannotListen, match="is in use"):
            listen_at(path)
        with socket.socket(socket.AF_UNIX) as caller:
            caller.connect(str(path))


def test_of_many_that_start_at_once_on_a_stale_socket_one_succeeds(tmp_path: Path) -> None:
    path = tmp_path / "s"
    listen_at(path).close()

    def attempt(_number: int) -> socket.socket | None:
        try:
            return listen_at(path)
        except CannotListen:
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [sock for sock in pool.map(attempt, range(16)) if sock is not None]
    assert len(won) == 1
    with won[0], socket.socket(socket.AF_UNIX) as caller:
        caller.connect(str(path))


def test_what_is_no_socket_is_never_removed(tmp_path: Path) -> None:
    path = tmp_path / "precious"
    path.write_text("data")
    with pytest.raises(CannotListen, match="is no socket"):
        listen_at(path)
    assert path.read_text() == "data"
    (tmp_path / "link").symlink_to(path)
    with pytest.raises(CannotListen, match="is no socket"):
        listen_at(tmp_path / "link")


@pytest.mark.parametrize("name", ["none/s", "x" * 200])
def test_a_path_that_cannot_be_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotListen, match=name[:20]):
        listen_at(tmp_path / name)


def test_at_the_end_the_path_goes_unless_another_server_has_it(tmp_path: Path) -> None:
    path = tmp_path / "s"
    remove(listen_at(path), path)
    assert not path.exists()
    old = listen_at(path)
    path.unlink()
    with listen_at(path):
        remove(old, path)
        assert path.is_socket()
    remove(old, tmp_path / "gone" / "s")


def test_connections_know_that_they_are_tcp() -> None:
    """asyncio sends small writes at once on such sockets only."""
    with listen("127.0.0.1", 0) as sock:
        sock.setblocking(True)
        with socket.create_connection(sock.getsockname()):
            connection, _ = sock.accept()
            with connection:
                assert connection.proto == socket.IPPROTO_TCP
