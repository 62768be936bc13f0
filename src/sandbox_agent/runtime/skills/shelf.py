"""Brings the skills that a session asks for onto this machine."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path

from sandbox_agent.adapter import Skill
from sandbox_agent.runtime.directory import working_directory
from sandbox_agent.runtime.flight import Flights
from sandbox_agent.runtime.settings import Settings
from sandbox_agent.runtime.skills.cache import SkillCache
from sandbox_agent.runtime.skills.choosing import MANIFEST, choose
from sandbox_agent.runtime.skills.git import fetch_git
from sandbox_agent.runtime.skills.naming import source_error
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest

__all__ = ["Shelf"]


def _fetch_github(source: SkillSource, cache: SkillCache, environ: Mapping[str, str]) -> tuple[Path, str]:
    from sandbox_agent.runtime.skills.github import fetch_github  # noqa: PLC0415 - an HTTP client is slow to load

    return fetch_github(source, cache, environ)


_FETCHERS = {"github": _fetch_github, "git": fetch_git}


class Shelf:
    """Fetches each source once at a time, however many sessions want it."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._cache = SkillCache(settings.data_dir / "skills")
        self._flights: Flights[tuple[Path, str]] = Flights()

    async def take(self, sources: Iterable[SkillSource], directory: str, folder: Path) -> tuple[Skill, ...]:
        """The skills of all sources. What was fetched is copied into `folder`: a session keeps what it began with.

        Local paths begin at `directory`. Raises `InvalidRequest` for a source that cannot be used and for two skills
        of one name, `StreamError` for one that cannot be reached, `PermissionDenied` outside the file root.
        """
        taken: dict[str, Skill] = {}
        for source in sources:
            for skill in await self._skills(source, directory, folder):
                present = taken.setdefault(skill.name, skill)
                if present.path != skill.path:
                    hint = f"two sources have a skill of that name: choose with `skills`; this is of {source.type}"
                    raise InvalidRequest(f"skill path conflict: {skill.name} already exists", hint=hint)
        return tuple(taken.values())

    async def _skills(self, source: SkillSource, directory: str, folder: Path) -> tuple[Skill, ...]:
        if source.type == "local":
            return await asyncio.to_thread(self._local, source, directory)
        fetch = _FETCHERS.get(source.type)
        if fetch is None:
            raise InvalidRequest(f"unsupported skill source type: {source.type}", hint="one of github, git, local")

        async def work() -> tuple[Path, str]:
            return await asyncio.to_thread(fetch, source, self._cache, self._settings.environ)

        root, name = await self._flights.join((source.type, source.source, source.ref), work)
        return await asyncio.to_thread(_copied, source, root, name, folder)

    def _local(self, source: SkillSource, directory: str) -> tuple[Skill, ...]:
        named = source.source.removesuffix(MANIFEST) if Path(source.source).name == MANIFEST else source.source
        try:
            root = Path(working_directory(directory, named or ".", self._settings.fs_root))
        except InvalidRequest:
            raise source_error(source, f"local skill directory not found: {source.source}") from None
        return choose(source, root, root.name, confined=self._settings.fs_root is not None)


def _copied(source: SkillSource, root: Path, name: str, folder: Path) -> tuple[Skill, ...]:
    chosen = choose(source, root, name, confined=True)
    place = folder / root.name[:12]
    copies = tuple(Skill(name=skill.name, path=str(place / skill.name)) for skill in chosen)
    for skill, copy in zip(chosen, copies, strict=True):
        shutil.copytree(skill.path, copy.path, symlinks=True, dirs_exist_ok=True)
    return copies
