"""How a call becomes a method of the blocking client: the same arguments, the same words, and the answer."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, Concatenate, Generic, ParamSpec, Protocol, Self, TypeVar, overload

from sandbox_agent.client.calls import Call
from sandbox_agent.client.sync_http import Http

__all__ = ["OfClient", "OfSession"]

P = ParamSpec("P")
T = TypeVar("T")


class _Client(Protocol):
    http: Http


class _Session(Protocol):
    http: Http
    id: str


class OfClient(Generic[P, T]):
    """A call of the server, as a method of the client."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = self.__wrapped__ = make  # its signature is to be found as that of a decorated function is
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, client: _Client, owner: type[Any]) -> Callable[P, T]: ...
    def __get__(self, client: _Client | None, owner: type[Any]) -> Self | Callable[P, T]:
        if client is None:
            return self
        make, http = self._make, client.http

        @functools.wraps(make)
        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return http.request(make(*args, **kwargs))

        return method


class OfSession(Generic[P, T]):
    """A call of a session, as a method of the session: without the id."""

    def __init__(self, make: Callable[Concatenate[str, P], Call[T]]) -> None:
        self._make = self.__wrapped__ = make  # its signature is to be found as that of a decorated function is
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, session: None, owner: type[Any]) -> Self: ...
    @overload
    def __get__(self, session: _Session, owner: type[Any]) -> Callable[P, T]: ...
    def __get__(self, session: _Session | None, owner: type[Any]) -> Self | Callable[P, T]:
        if session is None:
            return self
        make, bound = self._make, session

        def method(*args: P.args, **kwargs: P.kwargs) -> T:
            return bound.http.request(make(bound.id, *args, **kwargs))

        method.__doc__ = make.__doc__
        return method
