"""The socket we serve on, and whether only this machine can reach it."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import ipaddress
import os
import socket
import stat
from collections.abc import Generator
from pathlib import Path

__all__ = ["CannotListen", "inherited", "is_loopback", "listen", "listen_at", "remove", "url_of"]

_BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be served on; the text says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0 takes a free one. Raises `CannotListen`."""
    try:
        family, address = _resolve(host, port)
    except (OSError, UnicodeError, OverflowError) as error:
        raise CannotListen(f"{host}: {_words(error)}") from error
    # Named, or asyncio would not know its connections for TCP: their small writes would wait for each other's ACK.
    sock = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        raise CannotListen(_explain(host, port, error)) from error
    sock.setblocking(False)
    return sock


def listen_at(path: Path) -> socket.socket:
    """A listening unix socket that only its owner can open; the socket of a server that is gone makes room.

    Raises `CannotListen`, also when a server answers there or something else than a socket is in the way.
    """
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        with _alone_in(path.parent):
            _make_room(path)
            sock.bind(str(path))
            path.chmod(0o600)  # before anybody can connect: that needs the next line
            sock.listen(_BACKLOG)
    except CannotListen:
        sock.close()
        raise
    except OSError as error:
        sock.close()
        hint = "; choose a path of at most 100 bytes" if "too long" in str(error) else ""
        raise CannotListen(f"cannot listen on {path}: {_words(error)}{hint}") from error
    sock.setblocking(False)
    return sock


def remove(sock: socket.socket, path: Path) -> None:
    """Close a unix socket and take its path away, unless another server has it by now."""
    sock.close()
    with contextlib.suppress(OSError), _alone_in(path.parent):
        if not _answers(path):
            path.unlink()


@contextlib.contextmanager
def _alone_in(folder: Path) -> Generator[None]:
    """Of servers that start at once, one looks at a time."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _make_room(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise CannotListen(f"{path} is there and is no socket; choose another path with --socket")
    if _answers(path):
        raise CannotListen(f"{path} is in use; stop the server there, or choose another path with --socket")
    path.unlink()


def _answers(path: Path) -> bool:
    """Whether somebody listens there. A socket whose queue is full is somebody too."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as caller:
        caller.setblocking(False)
        try:
            caller.connect(str(path))
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
        return True


def inherited(descriptor: int) -> socket.socket:
    """The listening socket a parent passed on. Raises `CannotListen` when it is none."""
    try:
        sock = socket.socket(fileno=descriptor)
        listening = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    except OSError as error:
        raise CannotListen(f"--fd {descriptor} is no socket: {error.strerror}") from error
    if not listening:
        sock.close()
        raise CannotListen(f"--fd {descriptor} is no listening socket")
    sock.setblocking(False)
    sock.set_inheritable(False)
    return sock


def is_loopback(sock: socket.socket) -> bool:
    """Whether only this machine can reach the socket."""
    if sock.family not in {socket.AF_INET, socket.AF_INET6}:
        return True
    address = ipaddress.ip_address(sock.getsockname()[0])
    mapped = getattr(address, "ipv4_mapped", None)
    return (mapped or address).is_loopback


def url_of(sock: socket.socket, host: str) -> str:
    """The address to type into a client on this machine; of a unix socket, its path after `unix:`."""
    if sock.family == socket.AF_UNIX:
        return f"unix:{sock.getsockname()}"
    port = sock.getsockname()[1]
    name = f"[{host}]" if ":" in host else host
    if sock.family in {socket.AF_INET, socket.AF_INET6} and ipaddress.ip_address(sock.getsockname()[0]).is_unspecified:
        name = "127.0.0.1" if sock.family == socket.AF_INET else "[::1]"
    return f"http://{name}:{port}"


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[object, ...]]:
    if host == "localhost":
        host = "127.0.0.1"
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    family, _type, _proto, _name, address = found[0]
    return family, address


def _explain(host: str, port: int, error: Exception) -> str:
    number = error.errno if isinstance(error, OSError) else None
    if number == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; stop what uses it, or choose another with --port (0: any free one)"
    if number == errno.EACCES:
        return f"port {port} on {host} needs more rights; choose one above 1023 with --port"
    if number == errno.EADDRNOTAVAIL:
        return f"{host} is not an address of this machine"
    return f"cannot listen on {host} port {port}: {_words(error)}"


def _words(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
