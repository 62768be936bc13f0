from __future__ import annotations

from pathlib import Path

import pytest

from sandbox_agent.runtime.skills.choosing import choose
from sandbox_agent.schema.api import SkillSource
from sandbox_agent.schema.errors import InvalidRequest

from .places import put_skill


def names(root: Path, *, confined: bool = True, **fields: object) -> list[str]:
    source = SkillSource(type="local", source="somewhere", **fields)  # type: ignore[arg-type]
    return sorted(skill.name for skill in choose(source, root, "named", confined=confined))


def test_a_folder_that_is_a_skill_is_the_only_one(tmp_path: Path) -> None:
    put_skill(tmp_path)
    put_skill(tmp_path / "inner")
    assert names(tmp_path) == ["named"]
    assert names(tmp_path, subpath="inner") == ["inner"]


def test_children_and_those_of_skills_are_found(tmp_path: Path) -> None:
    for name in ("one", "skills/two", "skills/deep/three"):
        put_skill(tmp_path / name)
    (tmp_path / "docs").mkdir()
    assert names(tmp_path) == ["one", "two"]
    assert names(tmp_path, subpath="skills/deep") == ["three"]
    assert names(tmp_path, skills=("two",)) == ["two"]


def test_a_manifest_may_be_named(tmp_path: Path) -> None:
    put_skill(tmp_path / "one")
    assert names(tmp_path, subpath="one/SKILL.md") == ["one"]
    put_skill(tmp_path)
    assert names(tmp_path, subpath="SKILL.md") == ["named"]


def test_a_skill_that_is_not_there_is_named_with_those_that_are(tmp_path: Path) -> None:
    put_skill(tmp_path / "one")
    with pytest.raises(InvalidRequest, match=r"no skills found in somewhere \(local\) by the name two") as caught:
        names(tmp_path, skills=("one", "two"))
    assert caught.value.hint == "there are: one"


def test_a_folder_without_skills_says_what_one_is(tmp_path: Path) -> None:
    with pytest.raises(InvalidRequest, match=r"no skills found in somewhere \(local\)") as caught:
        names(tmp_path)
    assert "SKILL.md" in (caught.value.hint or "")


@pytest.mark.parametrize("subpath", ["nowhere", "../beside", "/etc", "link"])
def test_a_subpath_that_is_not_inside_is_not_there(tmp_path: Path, subpath: str) -> None:
    put_skill(tmp_path / "beside")
    root = tmp_path / "root"
    root.mkdir()
    (root / "link").symlink_to(tmp_path / "beside")
    with pytest.raises(InvalidRequest, match="skill search directory not found"):
        names(root, subpath=subpath)
    if subpath == "link":
        assert names(root, subpath=subpath, confined=False) == ["link"]
