"""Which models the server offers: those of every provider that is configured, named `provider/model`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox_agent.adapter import ModelProbe, Native
from sandbox_agent.adapter.http import Reply, request
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.opencode.launch import spawn
from sandbox_agent.schema.api import Model, ModelList

__all__ = ["PROBE", "read_models"]

_KEY = "models"


def read_models(message: Native) -> ModelList | None:
    """The list in the reply to `/config/providers`; other messages give None."""
    if not isinstance(message, Reply) or message.reply != _KEY:
        return None
    body = as_dict(message.body)
    models = tuple(model for each in as_list(body.get("providers")) for model in _models(as_dict(each)))
    defaults = [f"{provider}/{model}" for provider, model in as_dict(body.get("default")).items()]
    ids = {model.id for model in models}
    return ModelList(models=models, default_model=next((name for name in defaults if name in ids), None))


def _models(provider: dict[str, Any]) -> Iterator[Model]:
    for model_id, each in sorted(as_dict(provider.get("models")).items()):
        model = as_dict(each)
        name = model.get("name")
        variants = tuple(as_dict(model.get("variants")))
        yield Model(
            id=f"{provider.get('id')}/{model_id}",
            name=name if isinstance(name, str) else None,
            variants=variants or None,
        )


PROBE = ModelProbe(
    spawn=spawn,
    ask=request(_KEY, "GET", "/config/providers").data,
    read=read_models,
    fallback=ModelList(models=()),
)
