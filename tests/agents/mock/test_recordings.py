from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from .talk import Talk

FOLDER = Path(__file__).parents[2] / "recordings" / "mock"

TALKS: dict[str, Callable[[Talk], Talk]] = {
    "ansi": lambda talk: talk.send("ansi"),
    "attachments": lambda talk: talk.send("look at this", "/tmp/project/a.txt", "/tmp/project/b.txt"),  # noqa: S108
    "big": lambda talk: talk.send("big 5000"),
    "blank": lambda talk: talk.send("   \n"),
    "crash": lambda talk: talk.send("crash").send("hello"),
    "demo": lambda talk: talk.send("demo"),
    "diff": lambda talk: talk.send("diff"),
    "echo": lambda talk: talk.send("echo  one   two").send("say"),
    "end": lambda talk: talk.send("end"),
    "error": lambda talk: talk.send("error"),
    "flood": lambda talk: talk.send("flood 5"),
    "hello": lambda talk: talk.send("hello"),
    "help": lambda talk: talk.send("help"),
    "image": lambda talk: talk.send("image"),
    "interrupted": lambda talk: talk.send("slow", lines=6).interrupt().send("hello"),
    "interrupted-while-asking": lambda talk: talk.send("permission").interrupt().send("question").interrupt(),
    "listing": lambda talk: talk.send(
        "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool."
    ).reply("mock_1_permission", "always"),
    "markdown": lambda talk: talk.send("markdown"),
    "multi": lambda talk: talk.send("multi").answer("mock_1_multi", ("Blue",), ("Apple", "Plum")),
    "permissions": lambda talk: (
        talk.send("permission").reply("mock_1_permission_denied", "reject", "no").reply("mock_1_permission", "once")
    ),
    "plan": lambda talk: talk.send("plan").refuse("mock_1_plan"),
    "questions": lambda talk: (
        talk.send("questions").answer("mock_1_question", ("Red",)).refuse("mock_1_question_reject")
    ),
    "queued": lambda talk: talk.send("slow 3", lines=2).send("hello", lines=1).send("echo last"),
    "rich": lambda talk: talk.send("Answer briefly and include your reasoning."),
    "status": lambda talk: talk.send("status"),
    "subagent": lambda talk: talk.send("subagent"),
    "think": lambda talk: talk.send("think"),
    "todo": lambda talk: talk.send("todo"),
    "tool": lambda talk: talk.send("tool"),
    "unknown": lambda talk: talk.send("unknown"),
    "unparsed": lambda talk: talk.send("unparsed"),
    "usage": lambda talk: talk.send("usage").send("usage"),
}


@pytest.mark.parametrize("name", TALKS)
def test_the_recording_is_what_the_mock_says_today(name: str) -> None:
    path = FOLDER / f"{name}.jsonl"
    said = "\n".join(TALKS[name](Talk()).recorder.lines) + "\n"
    if os.environ.get("UPDATE_RECORDINGS"):
        path.write_text(said)
    assert said == path.read_text()


def test_no_recording_is_left_over() -> None:
    assert {path.name.partition(".")[0] for path in FOLDER.iterdir()} == set(TALKS)
