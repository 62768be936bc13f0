from __future__ import annotations

from typing import Any

import msgspec
import pytest

from sandbox_agent.adapter.jsonrpc import decode
from sandbox_agent.agents.codex.models import PROBE, read_models


def reply(*entries: dict[str, Any]) -> Any:
    return decode(msgspec.json.encode({"id": 2, "result": {"data": entries}}))


def efforts(*names: str) -> list[dict[str, str]]:
    return [{"reasoningEffort": name, "description": ""} for name in names]


def test_models_have_names_and_variants() -> None:
    one = {"id": "a", "model": "a", "displayName": "A", "supportedReasoningEfforts": efforts("low", "high")}
    other = {"id": "b", "model": "b", "displayName": "B", "isDefault": True, "supportedReasoningEfforts": []}
    hidden = {"id": "c", "model": "c", "hidden": True}
    listed = read_models(reply({**one, "defaultReasoningEffort": "low"}, other, hidden))
    assert listed is not None
    assert [model.id for model in listed.models] == ["a", "b"]
    assert (listed.models[0].variants, listed.models[0].default_variant) == (("low", "high"), "low")
    assert listed.models[1].variants is None
    assert listed.default_model == "b"


@pytest.mark.parametrize(
    "line", [b'{"id":1,"result":{}}', b'{"method":"configWarning"}', b'{"id":2,"result":{"data":[]}}']
)
def test_other_messages_hold_no_list(line: bytes) -> None:
    assert read_models(decode(line)) is None


def test_the_probe_asks_all_at_once() -> None:
    methods = [msgspec.json.decode(line)["method"] for line in PROBE.ask.splitlines()]
    assert methods == ["initialize", "initialized", "model/list"]
    assert PROBE.fallback.default_model == PROBE.fallback.models[0].id
