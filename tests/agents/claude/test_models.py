from __future__ import annotations

import msgspec

from sandbox_agent.adapter import SessionOptions
from sandbox_agent.agents.claude.models import PROBE, read_models
from sandbox_agent.agents.claude.native import decode
from sandbox_agent.schema.api import Model


def answer(models: object) -> object:
    response = {"subtype": "success", "request_id": "initialize", "response": {"models": models}}
    return decode(msgspec.json.encode({"type": "control_response", "response": response}))


def test_effort_levels_are_variants() -> None:
    entries = [
        {"value": "default", "displayName": "Default", "supportedEffortLevels": ["low", "high"]},
        {"value": "haiku", "displayName": "Haiku"},
    ]
    listed = read_models(answer(entries))
    assert listed is not None
    assert listed.default_model == "default"
    assert listed.models == (
        Model(id="default", name="Default", variants=("low", "high")),
        Model(id="haiku", name="Haiku"),
    )


def test_other_lines_hold_no_models() -> None:
    assert read_models(answer([])) is None
    assert read_models(answer("odd")) is None
    assert read_models(decode(b'{"type":"keep_alive"}')) is None


def test_the_probe_asks_without_a_session() -> None:
    assert PROBE.spawn(SessionOptions(session_id="probe", executable="/claude")).argv[0] == "/claude"
    assert b'"initialize"' in PROBE.ask
    assert [model.id for model in PROBE.fallback.models] == ["default", "sonnet", "opus", "haiku"]
