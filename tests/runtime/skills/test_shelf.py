from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest, StreamError

from .places import Place, github, put_skill, zipped

pytestmark = pytest.mark.anyio


def local(source: str | Path, **fields: object) -> SkillSource:
    return SkillSource(type="local", source=str(source), **fields)  # type: ignore[arg-type]


async def test_a_local_skill_is_where_it_is_and_a_relative_path_begins_at_the_working_directory(tmp_path: Path) -> None:
    place = Place(tmp_path)
    skill = put_skill(place.work / "tools/greeting")
    for source in ("tools", "tools/greeting", "tools/greeting/SKILL.md", str(skill)):
        assert await place.take(local(source)) == {"greeting": skill}
    assert not place.private.exists()


async def test_a_local_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="local skill directory not found: nowhere"):
        await Place(tmp_path).take(local("nowhere"))


async def test_two_skills_of_one_name_are_an_error_and_one_skill_named_twice_is_not(tmp_path: Path) -> None:
    place = Place(tmp_path)
    put_skill(tmp_path / "a/same")
    put_skill(tmp_path / "b/same")
    with pytest.raises(InvalidRequest, match="skill path conflict: same already exists"):
        await place.take(local(tmp_path / "a"), local(tmp_path / "b"))
    assert list(await place.take(local(tmp_path / "a"), local(tmp_path / "a/same"))) == ["same"]


async def test_an_unknown_type_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match="unsupported skill source type: ftp"):
        await Place(tmp_path).take(SkillSource(type="ftp", source="x"))


async def test_many_sessions_that_want_a_source_at_once_fetch_it_once(tmp_path: Path) -> None:
    with github() as stand:
        stand.archives["/me/repo/archive/HEAD.zip"] = zipped({"SKILL.md": "x"})
        place = Place(tmp_path, SANDBOX_AGENT_GITHUB_URL=stand.url)
        source = SkillSource(type="github", source="me/repo")
        taken = await asyncio.gather(*(place.take(source) for _ in range(8)))
        assert all(list(each) == ["repo"] for each in taken)
        assert len(stand.asked) == 1


async def test_what_cannot_be_fetched_leaves_nothing_and_is_tried_again(tmp_path: Path) -> None:
    with github() as stand:
        url = stand.url
    place = Place(tmp_path, SANDBOX_AGENT_GITHUB_URL=url)
    source = SkillSource(type="github", source="me/repo")
    with pytest.raises(StreamError, match=r"me/repo \(github\) cannot be fetched"):
        await place.take(source)
    assert not place.data.exists()
