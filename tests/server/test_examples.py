"""The commands that the pages of the API offer are ones that the server understands."""

from __future__ import annotations

import json
import shlex
from types import NoneType
from typing import Any

import msgspec
import pytest

from sandbox_agent.server.body import BodyStream
from sandbox_agent.server.endpoints import ENDPOINTS, Endpoint
from sandbox_agent.server.examples import curl
from sandbox_agent.server.openapi import document_json
from sandbox_agent.server.query import parameters

DOCUMENT: dict[str, Any] = json.loads(document_json(ENDPOINTS))


def words(endpoint: Endpoint) -> list[str]:
    return shlex.split(curl(endpoint.method, endpoint.path, DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]))


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.name)
def test_an_example_has_the_body_and_the_query_that_its_endpoint_wants(endpoint: Endpoint) -> None:
    example = words(endpoint)
    address = next(word for word in example if word.startswith("$BASE/"))
    assert "{" not in address
    given = {pair.partition("=")[0] for pair in address.partition("?")[2].split("&")}
    assert {each.name for each in parameters(endpoint.query) if each.required} <= given
    assert (example[example.index("-X") + 1] if "-X" in example else "GET") == endpoint.method
    if endpoint.body is BodyStream:
        assert "-T" in example
    elif endpoint.body is NoneType:
        assert "-d" not in example
    else:
        msgspec.json.decode(example[example.index("-d") + 1], type=endpoint.body)


def test_an_example_of_a_stream_shows_events_as_they_come() -> None:
    assert [endpoint.name for endpoint in ENDPOINTS if "-N" in words(endpoint)] == [
        endpoint.name for endpoint in ENDPOINTS if endpoint.streams
    ]
