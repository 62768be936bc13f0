"""Which models Codex offers, and at which levels of effort: its own catalog, without a call to a model."""

from __future__ import annotations

from typing import Any

from sandbox_agent.adapter import ModelProbe, Native
from sandbox_agent.adapter.jsonrpc import Calls, Message, notify
from sandbox_agent.adapter.values import as_dict, as_list, as_text
from sandbox_agent.agents.codex.launch import probe
from sandbox_agent.agents.codex.lines import INITIALIZE
from sandbox_agent.schema.api import Model, ModelList

__all__ = ["PROBE"]

_FALLBACK = ("gpt-5.5",)
_LIMIT = 200
"""Entries asked for at once; the catalog has some ten."""


def _questions() -> bytes:
    calls: Calls[None] = Calls()
    lines = (
        calls.ask("initialize", INITIALIZE, None),
        notify("initialized"),
        calls.ask("model/list", {"limit": _LIMIT}, None),
    )
    return b"".join(line.data for line in lines)


def read_models(message: Native) -> ModelList | None:
    """The list in the reply to `model/list`; other messages give None."""
    if not isinstance(message, Message) or message.method is not None:
        return None
    entries = [as_dict(each) for each in as_list(as_dict(message.result).get("data"))]
    named = [entry for entry in entries if _name(entry) and entry.get("hidden") is not True]
    if not named:
        return None
    default = next((entry for entry in named if entry.get("isDefault") is True), named[0])
    return ModelList(models=tuple(_model(entry) for entry in named), default_model=_name(default))


def _model(entry: dict[str, Any]) -> Model:
    efforts = (
        as_text(as_dict(each).get("reasoningEffort")) for each in as_list(entry.get("supportedReasoningEfforts"))
    )
    variants = tuple(effort for effort in efforts if effort)
    default = as_text(entry.get("defaultReasoningEffort"))
    return Model(
        id=_name(entry),
        name=as_text(entry.get("displayName")) or None,
        variants=variants or None,
        default_variant=default if default in variants else None,
    )


def _name(entry: dict[str, Any]) -> str:
    return as_text(entry.get("model")) or as_text(entry.get("id"))


PROBE = ModelProbe(
    spawn=probe,
    ask=_questions(),
    read=read_models,
    fallback=ModelList(models=tuple(Model(id=name) for name in _FALLBACK), default_model=_FALLBACK[0]),
)
