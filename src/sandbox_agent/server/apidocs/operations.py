"""The operations of the document, by tag: what to send, what comes back, and a line to try. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from sandbox_agent.server.apidocs.markup import Markup, element, join
from sandbox_agent.server.apidocs.schemas import type_of
from sandbox_agent.server.examples import curl

__all__ = ["navigation", "operations"]

Document: TypeAlias = Mapping[str, Any]
Operation: TypeAlias = Mapping[str, Any]

_NOTHING: Mapping[str, Any] = {}
_NAMES = {"fs": "Files", "server": "Server"}


def _by_tag(document: Document) -> Iterator[tuple[str, list[tuple[str, str, Operation]]]]:
    found: dict[str, list[tuple[str, str, Operation]]] = {tag["name"]: [] for tag in document["tags"]}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found[operation["tags"][0]].append((method.upper(), path, operation))
    yield from found.items()


def _title(tag: str) -> str:
    return _NAMES.get(tag, tag.title())


def navigation(document: Document) -> Markup:
    """Where everything is, with a field to find it."""
    groups: list[Markup] = []
    for tag, listed in _by_tag(document):
        entries = [
            element(
                "li",
                element(
                    "a",
                    _method(method),
                    element("span", _short(path), class_="path"),
                    href=f"#{operation['operationId']}",
                ),
                data_find=f"{method} {path} {operation['summary']}".lower(),
            )
            for method, path, operation in listed
        ]
        groups += [element("h2", _title(tag)), element("ul", *entries)]
    field = element(
        "input", type="search", id="find", placeholder="Find  ( / )", aria_label="Find an operation or a type"
    )
    links = element(
        "p",
        element("a", "Types", href="#types"),
        element("a", "OpenAPI document", href="openapi.json"),
        class_="links",
    )
    return element("nav", element("div", field, class_="finder"), *groups, links, aria_label="Operations")


def _short(path: str) -> Markup:
    """Without what all paths begin with; it may be broken between its names."""
    return join(piece for name in path.removeprefix("/v1/").split("/") for piece in (Markup("/<wbr>"), name))


def operations(document: Document) -> Markup:
    """All of them."""
    sections: list[Markup] = []
    for tag, listed in _by_tag(document):
        articles = [_article(method, path, operation) for method, path, operation in listed]
        sections.append(element("section", element("h2", _title(tag), id=f"tag-{tag}"), *articles))
    return join(sections)


def _article(method: str, path: str, operation: Operation) -> Markup:
    name = operation["operationId"]
    public = element("span", "public", class_="note") if operation.get("security") == [] else Markup("")
    heading = element("h3", element("a", _method(method), element("code", path), href=f"#{name}"), public)
    return element(
        "article",
        heading,
        element("p", Markup.of_text(operation["summary"])),
        _parameters(operation),
        _body(operation),
        _responses(operation),
        _example(method, path, operation),
        id=name,
        class_="operation",
        data_find=f"{method} {path} {operation['summary']}".lower(),
    )


def _method(method: str) -> Markup:
    return element("span", method, class_=f"method {method.lower()}")


def _parameters(operation: Operation) -> Markup:
    rows = [
        element(
            "tr",
            element(
                "th",
                element("code", each["name"]),
                element("span", each["in"] + ("" if each.get("required") else ", optional"), class_="note"),
                scope="row",
            ),
            element("td", type_of(each["schema"]), class_="kind"),
            element("td", Markup.of_text(each.get("description", ""))),
        )
        for each in operation["parameters"]
    ]
    return _table("Parameters", rows)


def _body(operation: Operation) -> Markup:
    body = operation.get("requestBody")
    if body is None:
        return Markup("")
    parts = [
        element("p", _content(kind, media), "" if body.get("required") else element("span", "optional", class_="note"))
        for kind, media in body["content"].items()
    ]
    return join([element("h4", "Body"), *parts])


def _responses(operation: Operation) -> Markup:
    rows = [
        element(
            "tr",
            element("th", element("span", status, class_=f"status s{status[0]}"), scope="row"),
            element("td", join(_content(kind, media) for kind, media in response.get("content", {}).items())),
            element("td", Markup.of_text(response["description"])),
        )
        for status, response in operation["responses"].items()
    ]
    return _table("Answers", rows)


def _content(kind: str, media: Mapping[str, Any]) -> Markup:
    described: Mapping[str, Any] = media.get("x-event", media.get("schema", _NOTHING))
    named = [type_of(described), " "] if described and described != {"type": "string"} else []
    return join([*named, element("span", kind, class_="media")])


def _table(title: str, rows: list[Markup]) -> Markup:
    if not rows:
        return Markup("")
    table = element("div", element("table", element("tbody", *rows)), class_="scroll")
    return join([element("h4", title), table])


def _example(method: str, path: str, operation: Operation) -> Markup:
    command = curl(method, path, operation)
    button = element("button", "Copy", type="button", class_="copy")
    return element("div", element("pre", element("code", command), tabindex="0"), button, class_="example")
