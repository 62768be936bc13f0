from __future__ import annotations

import io

import pytest
from rich.console import Console

from sandbox_agent.cli.render import Renderer, summary
from sandbox_agent.schema.content import FileRefPart, Item, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from sandbox_agent.schema.events import Event, EventData, ItemCompleted, ItemDelta, ItemStarted, TurnEnded


def screen(*said: EventData) -> str:
    file = io.StringIO()
    renderer = Renderer(Console(file=file, width=60, highlight=False))
    for number, data in enumerate(said, 1):
        renderer.show(
            Event(event_id=f"evt_{number}", sequence=number, time="t", session_id="s", type=data.TYPE, data=data)
        )
    return file.getvalue()


def text(item_id: str, *parts: str) -> list[EventData]:
    item = Item(item_id=item_id, kind="message", role="assistant")
    whole = Item(item_id=item_id, kind="message", role="assistant", content=(TextPart(text="".join(parts)),))
    deltas = [ItemDelta(item_id=item_id, delta=part) for part in parts]
    return [ItemStarted(item=item), *deltas, ItemCompleted(item=whole)]


def test_streamed_text_is_shown_once() -> None:
    assert screen(*text("itm_1", "hel", "lo")).split() == ["hello"]


def test_a_text_that_did_not_stream_is_shown_when_it_is_complete() -> None:
    assert screen(text("itm_1", "hello")[-1]).split() == ["hello"]


def test_two_texts_that_stream_at_once_do_not_share_a_line() -> None:
    one, two = text("itm_1", "one ", "three "), text("itm_2", "two ", "four ")
    mixed = [one[0], two[0], one[1], two[1], one[2], two[2], one[3], two[3]]
    assert screen(*mixed).split() == ["one", "two", "three", "four"]
    assert not any("one" in line and "two" in line for line in screen(*mixed).splitlines())


def test_what_the_person_said_is_not_repeated() -> None:
    item = Item(item_id="itm_1", kind="message", role="user", content=(TextPart(text="my words"),), status="completed")
    assert screen(ItemStarted(item=item), ItemDelta(item_id="itm_1", delta="my words"), ItemCompleted(item=item)) == ""


def test_long_output_is_cut_and_says_so() -> None:
    output = "\n".join(f"line {number}" for number in range(100))
    item = Item(item_id="i", kind="tool_result", content=(ToolResultPart(call_id="c", output=output),))
    shown = screen(ItemCompleted(item=item))
    assert "line 11" in shown
    assert "line 12" not in shown
    assert "… 88 more lines" in shown


def test_a_change_is_shown_as_its_diff_unless_it_failed() -> None:
    parts = (
        ToolResultPart(call_id="c", output="the output"),
        FileRefPart(path="a.py", action="patch", diff="--- a/a.py\n+++ b/a.py\n@@ -1 +1 @@\n-old\n+new\n"),
    )
    good = screen(ItemCompleted(item=Item(item_id="i", kind="tool_result", content=parts, status="completed")))
    assert "the output" not in good
    assert "patch a.py" in good
    assert "+new" in good
    bad = screen(ItemCompleted(item=Item(item_id="i", kind="tool_result", content=parts, status="failed")))
    assert "✗ the output" in bad


def test_thoughts_are_shown_before_what_comes_of_them() -> None:
    thought = Item(item_id="i", kind="message", role="assistant", content=(ReasoningPart(text="hmm"),))
    assert screen(ItemCompleted(item=thought), *text("itm_2", "so")).split() == ["hmm", "so"]


def test_the_end_says_why() -> None:
    assert "agent exited (exit code 3)" in screen(TurnEnded(reason="agent_exited", exit_code=3))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ('{"command": "ls -l\\n  | wc", "description": "count"}', "ls -l | wc"),
        ('{"file_path": "/a/b.py", "content": "x"}', "/a/b.py"),
        ('{"questions": [{"question": "One?"}, {"question": "Two?"}]}', "One? / Two?"),
        ('{"a": 1}', '{"a": 1}'),
        ("{}", ""),
        ("", ""),
        ('{"cut', '{"cut'),
        ('{"command": "\x1b[2Jrm"}', '{"command": "rm"}'),
    ],
)
def test_a_tool_call_is_told_in_one_line(arguments: str, told: str) -> None:
    assert summary(arguments) == told


def test_a_call_names_its_tool() -> None:
    call = ToolCallPart(name="Bash", arguments='{"command":"ls"}', call_id="c")
    assert "● Bash  ls" in screen(ItemCompleted(item=Item(item_id="i", kind="tool_call", content=(call,))))
