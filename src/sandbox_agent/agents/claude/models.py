"""Which models the CLI offers: the answer to `initialize` lists them, without a call to the model."""

from __future__ import annotations

from typing import Any

from sandbox_agent.adapter import ModelProbe, Native
from sandbox_agent.adapter.values import as_dict, as_list
from sandbox_agent.agents.claude.launch import spawn
from sandbox_agent.agents.claude.lines import INITIALIZE, initialize
from sandbox_agent.agents.claude.native import ControlResponse
from sandbox_agent.schema.api import Model, ModelList

__all__ = ["PROBE"]

_FALLBACK = ("default", "sonnet", "opus", "haiku")


def read_models(message: Native) -> ModelList | None:
    """The list in the answer to `initialize`; other messages give None."""
    if not isinstance(message, ControlResponse) or message.response.request_id != INITIALIZE:
        return None
    entries = as_list(as_dict(message.response.response).get("models"))
    models = tuple(model for each in entries if (model := _model(as_dict(each))) is not None)
    if not models:
        return None
    ids = [model.id for model in models]
    return ModelList(models=models, default_model="default" if "default" in ids else ids[0])


def _model(entry: dict[str, Any]) -> Model | None:
    value, name = entry.get("value"), entry.get("displayName")
    if not isinstance(value, str):
        return None
    variants = tuple(str(level) for level in as_list(entry.get("supportedEffortLevels")))
    return Model(id=value, name=name if isinstance(name, str) else None, variants=variants or None)


PROBE = ModelProbe(
    spawn=spawn,
    ask=initialize(),
    read=read_models,
    fallback=ModelList(models=tuple(Model(id=name) for name in _FALLBACK), default_model="default"),
)
