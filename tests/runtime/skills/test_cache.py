from __future__ import annotations

import os
from pathlib import Path

import pytest

from sandbox_agent.runtime.skills import cache as module
from sandbox_agent.runtime.skills.cache import SkillCache, key_of


def fill(folder: Path) -> None:
    (folder / "SKILL.md").write_text(folder.name)


def age(path: Path) -> None:
    os.utime(path, (1, 1))


def test_a_folder_is_filled_once(tmp_path: Path) -> None:
    cache = SkillCache(tmp_path / "cache")
    assert cache.find("a") is None
    path = cache.add("a", fill)
    assert path == cache.find("a")
    written = (path / "SKILL.md").read_text()
    assert cache.add("a", fill) == path
    assert (path / "SKILL.md").read_text() == written


def test_a_folder_that_cannot_be_filled_is_not_there(tmp_path: Path) -> None:
    def broken(folder: Path) -> None:
        fill(folder)
        raise ValueError

    cache = SkillCache(tmp_path)
    with pytest.raises(ValueError, match=r"^$"):
        cache.add("a", broken)
    assert list(tmp_path.iterdir()) == []


def test_of_two_daemons_the_quicker_wins_and_nothing_is_left_over(tmp_path: Path) -> None:
    cache, other = SkillCache(tmp_path), SkillCache(tmp_path)

    def quick(folder: Path) -> None:
        (folder / "who").write_text("other")

    def slow(folder: Path) -> None:
        other.add("a", quick)
        (folder / "who").write_text("slow")

    assert (cache.add("a", slow) / "who").read_text() == "other"
    assert [path.name for path in tmp_path.iterdir()] == ["a"]


def test_what_was_not_used_for_longest_goes_first_and_what_was_used_now_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ENTRIES", 2)
    cache = SkillCache(tmp_path)
    for key in ("a", "b", "c"):
        cache.add(key, fill)
    assert len(list(tmp_path.iterdir())) == 3, "used within the hour"
    for key in ("a", "b", "c"):
        age(tmp_path / key)
    (tmp_path / ".draft-left").mkdir()
    age(tmp_path / ".draft-left")
    cache.find("a")
    cache.add("d", fill)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a", "d"]


def test_a_word_is_remembered(tmp_path: Path) -> None:
    cache = SkillCache(tmp_path / "new")
    assert cache.noted("k") == ""
    cache.note("k", "one")
    cache.note("k", "two")
    assert cache.noted("k") == "two"
    assert len(list((tmp_path / "new").iterdir())) == 1


def test_keys_tell_words_apart() -> None:
    assert key_of("a", "bc") != key_of("ab", "c")
