from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from sandbox_agent.schema import events
from sandbox_agent.schema.base import Model
from sandbox_agent.schema.events import EVENT_TYPES
from sandbox_agent.server.components import components
from sandbox_agent.server.endpoints import ENDPOINTS
from sandbox_agent.server.openapi import document, document_json
from sandbox_agent.server.reference import events_page
from sandbox_agent.testing.model import script

DOCUMENT = document(ENDPOINTS)
ROOT = Path(__file__).resolve().parents[2]


def test_it_is_a_valid_openapi_document() -> None:
    validate(DOCUMENT)


def test_every_route_is_in_it_once() -> None:
    listed = {(method.upper(), path) for path, item in DOCUMENT["paths"].items() for method in item}
    assert listed == {(endpoint.method, endpoint.path) for endpoint in ENDPOINTS}
    assert len({endpoint.name for endpoint in ENDPOINTS}) == len(ENDPOINTS)


def test_it_is_the_same_every_time() -> None:
    assert document_json(ENDPOINTS) == document_json(ENDPOINTS)
    assert json.loads(document_json(ENDPOINTS)) == DOCUMENT


def test_every_reference_leads_somewhere() -> None:
    def references(value: Any) -> Any:
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            for each in value.values():
                yield from references(each)
        elif isinstance(value, list):
            for each in value:
                yield from references(each)

    names = {reference.rpartition("/")[2] for reference in references(DOCUMENT)}
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_an_event_is_a_union_by_its_type() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    assert set(schemas["Event"]["discriminator"]["mapping"]) == set(EVENT_TYPES)
    delta = schemas["ItemDeltaEvent"]["properties"]
    assert delta["type"]["const"] == "item.delta"
    assert delta["data"] == {"$ref": "#/components/schemas/ItemDelta"}


def test_fields_carry_their_docstrings() -> None:
    fields = DOCUMENT["components"]["schemas"]["CreateSessionRequest"]["properties"]
    assert fields["directory"]["description"].startswith("The agent's working directory")


def test_a_class_of_the_same_name_elsewhere_changes_nothing() -> None:
    assert issubclass(script.Usage, Model)
    fields = components(([], [events.Usage]))["Usage"]["properties"].values()
    assert "Without it, a quarter of the characters sent." not in [field.get("description") for field in fields]


def test_what_is_generated_is_up_to_date() -> None:
    assert (ROOT / "docs/reference/openapi.json").read_bytes() == document_json(ENDPOINTS)
    assert (ROOT / "docs/reference/events.md").read_text() == events_page()


@pytest.mark.anyio
async def test_what_the_server_says_is_what_the_document_says(running: Any) -> None:
    await running.create("s", title="T")
    for message in ["demo", "hello", "status", "tool"]:
        await running.say(message)
    await running.until("turn.ended")
    answers = {
        "list_agents": "/v1/agents",
        "agent_modes": "/v1/agents/mock/modes",
        "agent_models": "/v1/agents/mock/models",
        "list_sessions": "/v1/sessions",
        "get_session": "/v1/sessions/s",
        "list_events": "/v1/sessions/s/events",
        "list_queue": "/v1/sessions/s/queue",
    }
    for endpoint in ENDPOINTS:
        if endpoint.name in answers:
            operation = DOCUMENT["paths"][endpoint.path][endpoint.method.lower()]
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            answer = (await running.client.get(answers[endpoint.name])).json()
            Draft202012Validator({**schema, "components": DOCUMENT["components"]}).validate(answer)
