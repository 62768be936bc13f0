from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox_agent.testing import (
    Script,
    ScriptError,
    bundled_scripts,
    load_script,
    parse_script,
    reply,
    say,
    think,
    when,
)
from sandbox_agent.testing.model.script import Call

if TYPE_CHECKING:
    from pathlib import Path

TOML = """
loop = true
[[replies]]
steps = [{ do = "think", text = "hm" }, { do = "say", text = "yes" }]
[[rules]]
prompt = "SAY (.*)"
replies = [{ steps = [{ do = "say", text = "$1" }] }]
"""
JSON = """{"loop": true,
  "replies": [{"steps": [{"do": "think", "text": "hm"}, {"do": "say", "text": "yes"}]}],
  "rules": [{"prompt": "SAY (.*)", "replies": [{"steps": [{"do": "say", "text": "$1"}]}]}]}"""
MEANT = Script(loop=True, replies=(reply(think("hm"), say("yes")),), rules=(when("SAY (.*)", say("$1")),))


@pytest.mark.parametrize(("name", "text"), [("a.toml", TOML), ("a.json", JSON), ("a.json", "\ufeff" + JSON)])
def test_toml_and_json_say_the_same(tmp_path: Path, name: str, text: str) -> None:
    file = tmp_path / name
    file.write_text(text, encoding="utf-8")
    assert load_script(file) == MEANT


@pytest.mark.parametrize("name", bundled_scripts())
def test_every_bundled_script_loads_by_its_name(name: str) -> None:
    script = load_script(name)
    assert script.replies or script.rules


def test_the_demo_writes_runs_and_asks() -> None:
    steps = [step for each in load_script("demo").replies for step in each.steps]
    assert [step.name for step in steps if isinstance(step, Call)] == ["Write", "Bash", "AskUserQuestion"]


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("a.json", '{"replies":\n [}', r"a\.json: .*line 2, column 3"),
        ("a.json", '{"replies": [{"steps": [{"do": "fail", "status": 200}]}]}', r"replies\[0\]\.steps\[0\]\.status: "),
        ("a.json", '{"replies": ', r"a\.json: "),
        ("a.toml", "a = 1\nb = = 2", r"a\.toml: .*line 2"),
        ("a.toml", '[[replies]]\n[[replies.steps]]\ndo = "shout"', r"replies\[0\]\.steps\[0\]\.do: .*shout"),
        ("a.toml", "replys = []", "unknown field `replys`"),
        ("a.toml", '[[rules]]\nprompt = "("\nreplies = []', r"rules\[0\]: `prompt` is no regular expression"),
    ],
)
def test_a_mistake_is_reported_with_its_place(name: str, text: str, place: str) -> None:
    with pytest.raises(ScriptError, match=place):
        parse_script(text, name)


def test_a_missing_file_names_the_bundled_scripts(tmp_path: Path) -> None:
    with pytest.raises(ScriptError, match=r"absent\.toml: No such file.*demo"):
        load_script(tmp_path / "absent.toml")


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "a.toml"
    file.write_bytes(b"\x00\xff")
    with pytest.raises(ScriptError, match="not UTF-8"):
        load_script(file)
