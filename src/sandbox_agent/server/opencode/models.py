"""Providers and models of OpenCode's clients, and our agents: who is who.

A provider is an agent. Where the agent names its models `service/model`, each service is a provider `agent:service`.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass

from sandbox_agent.runtime.catalog import Catalog
from sandbox_agent.schema import api
from sandbox_agent.schema.errors import ApiError
from sandbox_agent.server.opencode.bodies import ModelChoice
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["DEFAULT", "Wanted", "providers", "shown", "wanted"]

_OWN = "default"
"""The model of an agent that chooses by itself."""
_PATIENCE = 10.0
"""Seconds an agent has to say which models it offers."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A provider and a model that a client names."""

    provider: str
    model: str
    variant: str | None = None

    @property
    def agent(self) -> str:
        """The agent's name."""
        return self.provider.partition(":")[0]

    @property
    def agent_model(self) -> str | None:
        """What the agent calls the model; None lets it choose."""
        service = self.provider.partition(":")[2]
        if service:
            return f"{service}/{self.model}"
        return None if self.model in {"", _OWN} else self.model


DEFAULT = Wanted("mock", "mock")
"""For clients that name no model. Source: the 0.1.x contract."""


def wanted(choice: ModelChoice | str | None, provider: str | None = None, model: str | None = None) -> Wanted | None:
    """What a client named in any of OpenCode's ways; None when nothing."""
    if isinstance(choice, str):
        provider, _, model = choice.partition("/")
    elif choice is not None and (choice.provider_id or choice.name):
        return Wanted(choice.provider_id or DEFAULT.provider, choice.name, choice.variant)
    if not provider and not model:
        return None
    return Wanted(provider or DEFAULT.provider, model or _OWN)


def shown(agent: str, model: str | None) -> Wanted:
    """Provider and model of a session of ours."""
    service, slash, rest = (model or _OWN).partition("/")
    return Wanted(f"{agent}:{service}", rest) if slash else Wanted(agent, service)


async def providers(catalog: Catalog) -> tuple[list[Json], dict[str, str], list[str]]:
    """All providers, the default model of each, and the names of those whose agents are installed."""
    agents = (await catalog.list()).agents
    lists = await asyncio.gather(*(_models(catalog, each) for each in agents))
    known: list[Json] = []
    defaults: dict[str, str] = {}
    connected: list[str] = []
    for agent, models in zip(agents, lists, strict=True):
        found = _by_provider(agent.id, models)
        for name, (provider, first) in found.items():
            known.append(provider)
            default = shown(agent.id, models.default_model)
            defaults[name] = default.model if default.provider == name else first
        if agent.installed:
            connected += found
    return known, defaults, connected


async def _models(catalog: Catalog, agent: api.AgentInfo) -> api.ModelList:
    none = api.ModelList(models=())
    if not agent.installed:
        return none
    try:
        async with asyncio.timeout(_PATIENCE):
            return await catalog.models(agent.id)
    except (ApiError, TimeoutError):
        return none


def _by_provider(agent: str, listed: api.ModelList) -> dict[str, tuple[Json, str]]:
    """Providers of an agent, each with its first model; one at least."""
    models: Iterable[api.Model] = listed.models or (api.Model(id=listed.default_model or _OWN, name="Default"),)
    found: dict[str, tuple[Json, str]] = {}
    for each in models:
        place = shown(agent, each.id)
        provider: Json = {"id": place.provider, "name": place.provider, "source": "custom", "env": [], "options": {}}
        entry, _ = found.setdefault(place.provider, ({**provider, "models": {}}, place.model))
        entry["models"][place.model] = _model(place, each)
    return found


def _model(place: Wanted, model: api.Model) -> Json:
    media = {"text": True, "audio": False, "image": True, "video": False, "pdf": True}
    return {
        "id": place.model,
        "providerID": place.provider,
        "api": {"id": place.model, "url": "", "npm": ""},
        "name": model.name or place.model,
        "family": "",
        "capabilities": {
            "temperature": False,
            "reasoning": bool(model.variants),
            "attachment": True,
            "toolcall": True,
            "input": media,
            "output": {**media, "image": False, "pdf": False},
            "interleaved": False,
        },
        "cost": {"input": 0, "output": 0, "cache": {"read": 0, "write": 0}},
        "limit": {"context": 0, "output": 0},
        "status": "active",
        "options": {},
        "headers": {},
        "release_date": "",
        "variants": {name: {} for name in model.variants or ()},
    }
