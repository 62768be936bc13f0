"""The API as an OpenAPI 3.1 document: the table of endpoints and the types of the schema, nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from http import HTTPStatus
from typing import Any

import msgspec

from sandbox_agent._version import __version__
from sandbox_agent.schema.api import InstallProgress
from sandbox_agent.schema.errors import (
    ApiError,
    InternalError,
    InvalidRequest,
    PermissionDenied,
    Problem,
    TokenInvalid,
)
from sandbox_agent.server.components import components
from sandbox_agent.server.docstrings import field_docs
from sandbox_agent.server.endpoints import Endpoint
from sandbox_agent.server.problems import PROBLEM_TYPE
from sandbox_agent.server.query import parameters

__all__ = ["document", "document_json"]

_REF = "#/components/schemas/"
_BYTES: dict[str, dict[str, Any]] = {"application/octet-stream": {}}
_TAGS = frozenset({"agents", "sessions", "fs"})
"""First names of paths that many operations share."""
_IN_PATHS = {
    "agent": "Its name, as `GET /v1/agents` lists it.",
    "session_id": "The session's id, percent-encoded as one segment.",
    "message_id": "Of a message that waits, as the queue lists it.",
    "question_id": "Of the question, as `question.requested` has it.",
    "permission_id": "Of the permission, as `permission.requested` has it.",
}
"""What stands in the braces of a path."""
_BODY_STATUSES = {
    408: "The body did not come in time",
    413: "The body is too large",
    415: "The content type is not JSON",
    422: "The body has the wrong shape",
}


def _stream(description: str, data: str) -> dict[str, Any]:
    fields = {
        "id": {"type": "string"},
        "event": {"type": "string"},
        "data": {"type": "string", "contentMediaType": "application/json", "contentSchema": {"$ref": _REF + data}},
    }
    frame = {"type": "object", "description": "One server-sent event.", "properties": fields, "required": ["data"]}
    content = {"schema": frame, "x-event": {"$ref": _REF + data}}
    return {"description": description, "content": {"text/event-stream": content}}


_SPECIAL: dict[str, dict[str, Any]] = {
    "events": _stream("Server-sent events: `id` is the sequence, `data` one Event as JSON", "Event"),
    "progress": _stream("Server-sent events: `data` is one InstallProgress as JSON", InstallProgress.__name__),
    "document": {"description": "An OpenAPI document", "content": {"application/json": {"schema": {"type": "object"}}}},
    "text": {"description": "Done", "content": {"text/plain": {"schema": {"type": "string"}}}},
    "page": {"description": "A page to read", "content": {"text/html": {"schema": {"type": "string"}}}},
}


def document(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The whole document as plain values."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    whole: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {
            "title": "Sandbox Agent",
            "version": __version__,
            "summary": "One daemon in a sandbox, one API, every coding agent.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(_tag(each) for each in endpoints)],
        "paths": paths,
        "components": {
            "schemas": components(_types(endpoints)),
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "basic": {"type": "http", "scheme": "basic", "description": "The token as the password."},
            },
        },
        "security": [{}, {"bearer": []}, {"basic": []}],
    }
    plain: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(whole))
    return plain


def document_json(endpoints: Sequence[Endpoint]) -> bytes:
    """The document as indented JSON, the same bytes every time."""
    return msgspec.json.format(msgspec.json.encode(document(endpoints)), indent=2) + b"\n"


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "tags": [_tag(endpoint)],
        "summary": endpoint.summary,
        "parameters": [*_path_parameters(endpoint), *_query_parameters(endpoint), *_header_parameters(endpoint)],
        "responses": {**_answers(endpoint), **_errors(endpoint)},
    }
    if endpoint.streams_body:
        operation["requestBody"] = {"required": True, "content": {"application/octet-stream": {}}}
    elif endpoint.takes_body:
        operation["requestBody"] = {
            "required": not endpoint.body_optional,
            "content": {"application/json": {"schema": _ref(endpoint.body)}},
        }
    if endpoint.public:
        operation["security"] = []
    return operation


def _tag(endpoint: Endpoint) -> str:
    first = endpoint.path.split("/")[2]
    return first if first in _TAGS else "server"


def _path_parameters(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    for name in re.findall(r"\{(\w+)\}", endpoint.path):
        schema = {"type": "string", "minLength": 1}
        yield {"name": name, "in": "path", "required": True, "schema": schema, "description": _IN_PATHS[name]}


def _query_parameters(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    docs = field_docs(endpoint.query)
    for each in parameters(endpoint.query):
        schema = {"type": "integer", "minimum": 0} if each.kind == "integer" else {"type": each.kind}
        more = {"required": True} if each.required else {}
        yield {"name": each.name, "in": "query", "description": docs.get(each.field, ""), **more, "schema": schema}


def _header_parameters(endpoint: Endpoint) -> Iterable[dict[str, Any]]:
    if endpoint.name == "follow_events":
        yield {
            "name": "Last-Event-ID",
            "in": "header",
            "description": "Sequence of the last event that was received; the stream goes on after it.",
            "schema": {"type": "string"},
        }

    if endpoint.answer == "bytes":
        text = "One range of bytes, `bytes=0-99`, `bytes=100-` or `bytes=-100`; several are answered with the whole."
        yield {"name": "Range", "in": "header", "description": text, "schema": {"type": "string"}}


def _answers(endpoint: Endpoint) -> dict[str, Any]:
    match endpoint.answer:
        case "nothing":
            more = {} if endpoint.also is None else {"200": _json("Taken; with `delivery` in the body", endpoint.also)}
            return {**more, "204": {"description": "Done"}}
        case "bytes":
            return {
                "200": {"description": "The whole file", "content": _BYTES},
                "206": {"description": "The range that was asked for", "content": _BYTES},
            }
        case str(kind):
            return {"200": _SPECIAL[kind]}
        case kind:
            return {"200": _json("Done", kind, many=endpoint.many)}


def _errors(endpoint: Endpoint) -> dict[str, Any]:
    """By status, each with the codes that have it."""
    kinds: list[type[ApiError]] = [*endpoint.errors, PermissionDenied, InternalError]
    if not endpoint.public:
        kinds.append(TokenInvalid)
    if endpoint.takes_body or "{" in endpoint.path or parameters(endpoint.query):
        kinds.append(InvalidRequest)
    codes: dict[int, list[str]] = {}
    for kind in kinds:
        codes.setdefault(kind.default_status, []).append(kind.code)
    if endpoint.takes_body and not endpoint.streams_body:
        for status in _BODY_STATUSES:
            codes.setdefault(status, []).append(InvalidRequest.code)
    if endpoint.streams_body:
        codes.setdefault(HTTPStatus.REQUEST_TIMEOUT, []).append(InvalidRequest.code)
    if endpoint.answer == "bytes":
        codes.setdefault(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, []).append(InvalidRequest.code)
    return {str(int(status)): _problem(status, list(dict.fromkeys(codes[status]))) for status in sorted(codes)}


def _problem(status: int, codes: list[str]) -> dict[str, Any]:
    return {
        "description": f"{_BODY_STATUSES.get(status, HTTPStatus(status).phrase)}: {', '.join(codes)}",
        "content": {PROBLEM_TYPE: {"schema": _ref(Problem)}},
    }


def _json(description: str, kind: type[Any], *, many: bool = False) -> dict[str, Any]:
    schema = {"type": "array", "items": _ref(kind)} if many else _ref(kind)
    return {"description": description, "content": {"application/json": {"schema": schema}}}


def _ref(kind: type[Any]) -> dict[str, str]:
    return {"$ref": _REF + kind.__name__}


def _types(endpoints: Iterable[Endpoint]) -> tuple[list[type[Any]], list[type[Any]]]:
    """What clients send, and what they receive."""
    sent = [each.body for each in endpoints if each.takes_body and not each.streams_body]
    received: list[type[Any]] = [Problem, InstallProgress]
    for each in endpoints:
        received += [kind for kind in (each.answer, each.also) if isinstance(kind, type)]
    return sent, received
