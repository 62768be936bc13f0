"""Finds the skills in a folder. Source of the places: the 0.1.x contract; a SKILL.md may be named as well."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from sandbox_agent.adapter import Skill
from sandbox_agent.runtime.skills.naming import source_error
from sandbox_agent.schema.api import SkillSource

__all__ = ["MANIFEST", "choose"]

MANIFEST = "SKILL.md"
"""The file that makes a folder a skill."""


def choose(source: SkillSource, root: Path, name: str, *, confined: bool) -> tuple[Skill, ...]:
    """The skills of a source that lies in `root`, by name; `name` is that of a skill which is the root itself.

    `confined`: `subpath` may not lead out of `root`, not even through links. Raises `InvalidRequest`.
    """
    start, name = _start(source, root, name, confined=confined)
    found = {skill.name: skill for skill in _skills(start, name)}
    if source.skills is not None:
        missing = [wanted for wanted in source.skills if wanted not in found]
        if missing:
            hint = f"there are: {', '.join(sorted(found)) or 'none'}"
            raise source_error(source, f"no skills found in {{}} by the name {', '.join(missing)}", hint=hint)
        found = {wanted: found[wanted] for wanted in source.skills}
    if not found:
        hint = f"a skill is a folder with a {MANIFEST}: the folder itself, or one in it, or one in its `skills` folder"
        raise source_error(source, "no skills found in {}", hint=hint)
    return tuple(found.values())


def _start(source: SkillSource, root: Path, name: str, *, confined: bool) -> tuple[Path, str]:
    """The folder to look into, and what it is called."""
    start = root
    if source.subpath:
        within = PurePosixPath(source.subpath)
        if within.is_absolute() or ".." in within.parts:
            raise source_error(source, f"skill search directory not found: {source.subpath} in {{}}")
        start = root / within
        if start.name == MANIFEST and start.is_file():
            start, within = start.parent, within.parent
        name = within.name or name
    outside = confined and not start.resolve().is_relative_to(root.resolve())
    if outside or not start.is_dir():
        raise source_error(source, f"skill search directory not found: {source.subpath or '.'} in {{}}")
    return start, name


def _skills(start: Path, name: str) -> Iterator[Skill]:
    """The folder itself, or else what is in it; the children of `skills` last, so that they win."""
    if _is_skill(start):
        yield Skill(name=name, path=str(start))
        return
    for folder in (start, start / "skills"):
        for entry in _children(folder):
            if _is_skill(entry):
                yield Skill(name=entry.name, path=str(entry))


def _children(folder: Path) -> list[Path]:
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir())
    except OSError:
        return []


def _is_skill(folder: Path) -> bool:
    return (folder / MANIFEST).is_file()
