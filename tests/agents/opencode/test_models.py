from __future__ import annotations

from sandbox_agent.adapter.http import Reply
from sandbox_agent.agents.opencode.models import PROBE, read_models
from sandbox_agent.agents.opencode.native import decode
from sandbox_agent.schema.api import Model, ModelList

PROVIDERS = {
    "providers": [
        {"id": "b", "models": {"two": {"name": "Two", "variants": {"low": {}, "high": {}}}, "one": {}}},
        {"id": "a", "models": {}},
        5,
    ],
    "default": {"a": "gone", "b": "two"},
}


def test_models_have_the_name_of_their_provider_before_them() -> None:
    assert read_models(Reply(reply="models", status=200, body=PROVIDERS)) == ModelList(
        models=(Model(id="b/one"), Model(id="b/two", name="Two", variants=("low", "high"))), default_model="b/two"
    )


def test_other_messages_say_nothing() -> None:
    assert read_models(decode(b'{"payload":{"type":"server.connected"}}')) is None
    assert read_models(Reply(reply="other", status=200, body=PROVIDERS)) is None


def test_a_refusal_gives_an_empty_list() -> None:
    assert read_models(Reply(reply="models", status=500)) == ModelList(models=())
    assert PROBE.fallback == ModelList(models=())
