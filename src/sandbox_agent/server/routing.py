"""From a raw path to an endpoint. Segments are percent-decoded one by one, so an id may hold any character, `/` too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar
from urllib.parse import unquote_to_bytes

from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["Match", "Routed", "Router"]


class Routed(Protocol):
    """A row of a table of endpoints."""

    @property
    def method(self) -> str:
        """GET, POST and so on."""
        ...

    @property
    def path(self) -> str:
        """Parameters in braces; each is one segment."""
        ...


Row = TypeVar("Row", bound=Routed)


@dataclass(frozen=True, slots=True)
class Match(Generic[Row]):
    """A path of the table, and what its parameters are."""

    methods: Mapping[str, Row]
    path: Mapping[str, str]

    @property
    def allowed(self) -> str:
        """The methods, as the Allow header says them."""
        names = [*self.methods, *(["HEAD"] if "GET" in self.methods else []), "OPTIONS"]
        return ", ".join(sorted(names))


@dataclass(frozen=True, slots=True)
class _Route(Generic[Row]):
    fixed: tuple[tuple[int, bytes], ...]
    variable: tuple[tuple[int, str], ...]
    methods: dict[str, Row]


class Router(Generic[Row]):
    """Made once from the table."""

    def __init__(self, endpoints: Iterable[Row]) -> None:
        routes: dict[str, _Route[Row]] = {}
        self._by_length: dict[int, list[_Route[Row]]] = {}
        self._plain: dict[bytes, Match[Row]] = {}
        for endpoint in endpoints:
            route = routes.get(endpoint.path)
            if route is None:
                route = routes[endpoint.path] = self._add(endpoint.path)
            route.methods[endpoint.method] = endpoint

    def match(self, raw_path: bytes) -> Match[Row] | None:
        """The route of a path, None when there is none. Raises `InvalidRequest` for an id that is not UTF-8."""
        plain = self._plain.get(raw_path)
        if plain is not None:
            return plain
        segments = raw_path.split(b"/")
        for route in self._by_length.get(len(segments), ()):
            if all(segments[index] == text for index, text in route.fixed) and all(
                segments[index] for index, _name in route.variable
            ):
                return Match(route.methods, {name: _decode(segments[index]) for index, name in route.variable})
        return None

    def _add(self, path: str) -> _Route[Row]:
        segments = path.split("/")
        fixed = tuple((i, each.encode()) for i, each in enumerate(segments) if not each.startswith("{"))
        variable = tuple((i, each.strip("{}")) for i, each in enumerate(segments) if each.startswith("{"))
        route: _Route[Row] = _Route(fixed, variable, {})
        if variable:
            self._by_length.setdefault(len(segments), []).append(route)
        else:
            self._plain[path.encode()] = Match(route.methods, {})
        return route


def _decode(segment: bytes) -> str:
    if b"%" not in segment:
        return segment.decode("latin-1")
    try:
        return unquote_to_bytes(segment).decode()
    except UnicodeDecodeError as error:
        raise InvalidRequest(f"{segment.decode('latin-1')} in the path is not UTF-8") from error
