from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest, StreamError

from .places import Place, Repository

pytestmark = pytest.mark.anyio


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    return Repository(tmp_path)


def source(repository: Repository, ref: str | None = None, **fields: object) -> SkillSource:
    return SkillSource(type="git", source=repository.bare.as_uri(), ref=ref, **fields)  # type: ignore[arg-type]


async def text(place: Place, wanted: SkillSource) -> str:
    (path,) = (await place.take(wanted)).values()
    return (path / "SKILL.md").read_text()


async def test_a_branch_a_tag_and_a_commit_are_each_what_they_stand_for_now(
    place: Place, repository: Repository
) -> None:
    old = repository.commit({"SKILL.md": "old"}, tag="v1")
    assert await text(place, source(repository)) == "old"
    repository.commit({"SKILL.md": "beside"}, branch="beside")
    repository.commit({"SKILL.md": "new"}, tag="v2")
    assert await text(place, source(repository)) == "new", "a branch that moved is not served from the cache"
    assert await text(place, source(repository, "beside")) == "beside"
    assert await text(place, source(repository, "v1")) == "old"
    assert await text(place, source(repository, "v2")) == "new"
    assert await text(place, source(repository, old)) == "old"
    repository.commit({"SKILL.md": "moved"}, tag="v1")
    assert await text(place, source(repository, "v1")) == "moved"


async def test_only_the_skills_asked_for_come_and_nothing_of_git(place: Place, repository: Repository) -> None:
    repository.commit({"pack/skills/a/SKILL.md": "A", "pack/skills/b/SKILL.md": "B", "README": "r"})
    taken = await place.take(source(repository, subpath="pack", skills=("b",)))
    assert list(taken) == ["b"]
    assert sorted(path.name for path in place.private.rglob("*") if path.is_file()) == ["SKILL.md"]
    assert list(place.work.iterdir()) == []


async def test_a_repository_that_is_a_skill_has_the_name_of_the_repository(
    place: Place, repository: Repository
) -> None:
    repository.commit({"SKILL.md": "x"})
    assert list(await place.take(source(repository))) == ["team-skills"]


async def test_a_link_in_a_repository_leads_nowhere(place: Place, repository: Repository) -> None:
    repository.commit({"SKILL.md": "x", "secret": "-> /etc/passwd"})
    (path,) = (await place.take(source(repository))).values()
    assert not (path / "secret").is_symlink()


async def test_a_ref_that_is_not_there_is_named(place: Place, repository: Repository) -> None:
    repository.commit({"SKILL.md": "x"})
    with pytest.raises(InvalidRequest, match="has no ref v9"):
        await place.take(source(repository, "v9"))


@pytest.mark.parametrize("url", ["ext::touch {mark}", "--upload-pack=touch {mark}", "file:///nowhere/at/all"])
async def test_what_is_no_repository_runs_nothing(place: Place, url: str, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    with pytest.raises((InvalidRequest, StreamError)):
        await place.take(SkillSource(type="git", source=url.format(mark=mark)))
    assert not mark.exists()
    assert list(place.data.glob("skills/*")) == []


async def test_a_password_in_a_url_is_in_no_error(place: Place) -> None:
    url = "http://me:canary@127.0.0.1:9/skills.git"
    with pytest.raises(StreamError) as caught:
        await place.take(SkillSource(type="git", source=url))
    assert "canary" not in repr((str(caught.value), caught.value.details))
    assert "127.0.0.1:9/skills.git" in str(caught.value)


async def test_a_git_command_around_the_daemon_does_not_lead_astray(tmp_path: Path, repository: Repository) -> None:
    repository.commit({"SKILL.md": "x"})
    place = Place(tmp_path, GIT_DIR=str(tmp_path / "elsewhere"), GIT_INDEX_FILE="/nowhere")
    assert await text(place, source(repository)) == "x"
    assert not (tmp_path / "elsewhere").exists()


async def test_without_git_the_other_type_is_named(tmp_path: Path) -> None:
    place = Place(tmp_path, PATH=str(tmp_path))
    with pytest.raises(StreamError, match="git cannot be run") as caught:
        await place.take(SkillSource(type="git", source="https://example.org/x.git"))
    assert "github" in (caught.value.hint or "")
