"""The socket we serve on, and whether only this machine can reach it."""

from __future__ import annotations

import errno
import ipaddress
import socket

__all__ = ["CannotListen", "inherited", "is_loopback", "listen", "url_of"]

_BACKLOG = 2048


class CannotListen(Exception):
    """The address cannot be served on; the text says why and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Port 0 takes a free one. Raises `CannotListen`."""
    try:
        family, address = _resolve(host, port)
    except (OSError, UnicodeError, OverflowError) as error:
        raise CannotListen(f"{host}: {_words(error)}") from error
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind(address)
        sock.listen(_BACKLOG)
    except (OSError, OverflowError) as error:
        sock.close()
        raise CannotListen(_explain(host, port, error)) from error
    sock.setblocking(False)
    return sock


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
    """The address to type into a client on this machine."""
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
