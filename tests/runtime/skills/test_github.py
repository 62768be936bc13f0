from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox_agent.runtime.skills import unzip
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest

from .places import GitHub, Place, github, zipped

pytestmark = pytest.mark.anyio
HEAD = "/me/repo/archive/HEAD.zip"


@pytest.fixture
def stand() -> Iterator[GitHub]:
    with github() as stand:
        yield stand


@pytest.fixture
def place(tmp_path: Path, stand: GitHub) -> Place:
    return Place(tmp_path, SANDBOX_AGENT_GITHUB_URL=stand.url)


def source(name: str = "me/repo", **fields: object) -> SkillSource:
    return SkillSource(type="github", source=name, **fields)  # type: ignore[arg-type]


def text(taken: dict[str, Path], name: str) -> str:
    return (taken[name] / "SKILL.md").read_text()


async def test_the_skills_of_a_repository_are_copied_into_the_session(place: Place, stand: GitHub) -> None:
    stand.archives[HEAD] = zipped({"skills/a/SKILL.md": "A", "skills/a/run.sh@x": "#!", "skills/b/SKILL.md": "B"})
    taken = await place.take(source())
    assert (text(taken, "a"), text(taken, "b")) == ("A", "B")
    assert all(path.is_relative_to(place.private) for path in taken.values())
    assert (taken["a"] / "run.sh").stat().st_mode & 0o111
    assert list(place.work.iterdir()) == []
    assert list(await place.take(source("https://github.com/me/repo.git", skills=("b",)))) == ["b"]


async def test_a_repository_that_did_not_change_is_not_sent_again_and_one_that_did_is(
    place: Place, stand: GitHub
) -> None:
    stand.archives[HEAD] = zipped({"SKILL.md": "old"})
    first = await place.take(source())
    assert text(await place.take(source()), "repo") == "old"
    stand.archives[HEAD] = zipped({"SKILL.md": "new"})
    assert text(await place.take(source()), "repo") == "new"
    assert text(first, "repo") == "old", "a session keeps what it began with"
    assert stand.asked == [f"{HEAD} 200", f"{HEAD} 304", f"{HEAD} 200"]


async def test_without_tags_a_change_is_honoured_too(place: Place, stand: GitHub) -> None:
    stand.tagged = False
    for version in ("old", "new"):
        stand.archives[HEAD] = zipped({"SKILL.md": version})
        assert text(await place.take(source()), "repo") == version


async def test_each_ref_is_its_own(place: Place, stand: GitHub) -> None:
    stand.archives["/me/repo/archive/v1.zip"] = zipped({"SKILL.md": "one"})
    stand.archives["/me/repo/archive/feature/x.zip"] = zipped({"SKILL.md": "x"})
    assert text(await place.take(source(ref="v1")), "repo") == "one"
    assert text(await place.take(source(ref="feature/x")), "repo") == "x"
    with pytest.raises(InvalidRequest, match=r"me/repo \(github\) is not there at v2"):
        await place.take(source(ref="v2"))


@pytest.mark.parametrize("name", ["repo", "me/../repo", "../repo", "a/b/c", ""])
async def test_only_owner_and_name_are_a_repository(place: Place, name: str) -> None:
    with pytest.raises(InvalidRequest, match="is no repository"):
        await place.take(source(name))


def told(folder: Path) -> str:
    return "".join(path.read_text() for path in folder.rglob("*") if path.is_file())


@pytest.mark.parametrize("name", ["../../out", "/abs", "a/../../out", "..\\out"])
async def test_an_archive_that_leads_out_unpacks_nothing(
    place: Place, stand: GitHub, name: str, tmp_path: Path
) -> None:
    stand.archives[HEAD] = zipped({"SKILL.md": "x", name: "evil"}, top="" if name.startswith("/") else "top/")
    with pytest.raises(InvalidRequest, match="leads out of it"):
        await place.take(source())
    assert "evil" not in told(tmp_path)
    assert list(place.data.glob("skills/*")) == []


async def test_a_link_in_an_archive_is_only_a_text(place: Place, stand: GitHub) -> None:
    stand.archives[HEAD] = zipped({"SKILL.md": "x", "secret->": "/etc/passwd"})
    secret = (await place.take(source()))["repo"] / "secret"
    assert not secret.is_symlink()
    assert secret.read_text() == "/etc/passwd"


async def test_what_is_no_archive_is_said_to_be_damaged(place: Place, stand: GitHub) -> None:
    stand.archives[HEAD] = b"not a zip"
    with pytest.raises(InvalidRequest, match="cannot be unpacked: BadZipFile"):
        await place.take(source())
    whole = zipped({"SKILL.md": "x" * 1000})
    stand.archives[HEAD] = whole[:60] + b"\0\0\0\0" + whole[64:]
    with pytest.raises(InvalidRequest, match="cannot be unpacked"):
        await place.take(source())


async def test_an_archive_that_swells_is_stopped(place: Place, stand: GitHub, monkeypatch: pytest.MonkeyPatch) -> None:
    stand.archives[HEAD] = zipped({"SKILL.md": "x", "bomb": "0" * 3_000_000})
    monkeypatch.setattr(unzip, "BYTES", 2_000_000)
    with pytest.raises(InvalidRequest, match="is too large"):
        await place.take(source())
    monkeypatch.setattr(unzip, "BYTES", 4_000_000)
    monkeypatch.setattr(unzip, "FILES", 1)
    with pytest.raises(InvalidRequest, match="is too large"):
        await place.take(source())
