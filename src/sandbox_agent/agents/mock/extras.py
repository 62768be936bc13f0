"""Scenes that the 0.1.x mock agent did not have: trouble, size, and the newer kinds of events."""

from __future__ import annotations

from sandbox_agent.agents.mock import native
from sandbox_agent.agents.mock.scenes import ask
from sandbox_agent.agents.mock.step import Crash, Lines, Script, pieces, say, stream
from sandbox_agent.schema.content import ContentPart, FileRefPart, ReasoningPart, TextPart, ToolCallPart, ToolResultPart
from sandbox_agent.schema.events import ChangedFile, Choice, Question, Todo, Usage

__all__ = ["ansi", "big", "crash", "diff", "flood", "multi", "plan", "slow", "subagent", "think", "todo", "usage"]

_EDIT = """\
--- a/src/greet.py
+++ b/src/greet.py
@@ -1,4 +1,5 @@
 def greet(name: str) -> str:
-    return "hello " + name
+    name = name.strip()
+    return f"hello, {name}"


"""
_COLORS = "\x1b[1;34msrc\x1b[0m  \x1b[32mrun.sh\x1b[0m  README.md\n\x1b[31merror:\x1b[0m no rule to make target\n"
_PLAN = "# Plan\n\n1. Read the code.\n2. Change one line.\n3. Run the tests.\n"
_THOUGHT = "The user wants to see me think. I think, therefore I stream."


def slow(prefix: str, count: int) -> Lines:
    """A message of `count` deltas, to be read, interrupted or broken off."""
    return stream(f"{prefix}_slow", [f"word {number} " for number in range(1, count + 1)])


def crash(prefix: str) -> Script:
    """The agent dies while it speaks."""
    yield native.Started(id=f"{prefix}_crash")
    yield native.Delta(id=f"{prefix}_crash", text="I am about to crash")
    yield Crash(exit_code=3)


def flood(prefix: str, count: int) -> Lines:
    """`count` short messages, one after the other."""
    for number in range(1, count + 1):
        yield from say(f"{prefix}_flood_{number}", f"message {number}")


def big(prefix: str, size: int) -> Lines:
    """One message of `size` bytes."""
    return say(f"{prefix}_big", "x" * size)


def todo(prefix: str) -> Lines:
    """A to-do list that gets done."""
    contents = ("Read the code", "Change one line", "Run the tests")
    for done in range(len(contents) + 1):
        yield native.Todos(
            todos=tuple(
                Todo(
                    id=f"{prefix}_todo_{number + 1}",
                    content=content,
                    status="completed" if number < done else "in_progress" if number == done else "pending",
                )
                for number, content in enumerate(contents)
            )
        )


def usage(prefix: str) -> Lines:
    """What the turn has used."""
    yield from say(f"{prefix}_usage", "Counting tokens.")
    turn = Usage(input_tokens=1200, output_tokens=34, cache_read_tokens=800, cache_write_tokens=56, cost_usd=0.0123)
    yield native.Used(turn=turn, context_window=200_000)


def subagent(prefix: str) -> Lines:
    """A tool call that is an agent of its own: what it says and does has the call as parent."""
    task, inner = f"{prefix}_task", f"{prefix}_task_call"
    call = ToolCallPart(name="Task", arguments='{"description":"look around"}', call_id=task)
    yield native.Started(id=task, kind="tool_call", content=(call,))
    yield native.Completed(id=task, kind="tool_call", content=(call,))
    yield native.Started(id=f"{prefix}_task_message", parent=task)
    yield native.Completed(id=f"{prefix}_task_message", content=(TextPart(text="I look around."),), parent=task)
    look = ToolCallPart(name="mock.list", arguments="{}", call_id=inner)
    yield native.Started(id=inner, kind="tool_call", content=(look,), parent=task)
    yield native.Completed(id=inner, kind="tool_call", content=(look,), parent=task)
    yield from _result(inner, "README.md", parent=task)
    yield from _result(task, "There is one file.")


def plan(prefix: str) -> Script:
    """A plan to approve."""
    options = (Choice(label="approve"), Choice(label="reject"))
    question = Question(question="Approve plan execution?", header="Plan", options=options)
    yield from ask(prefix, native.AskedQuestion(id=f"{prefix}_plan", questions=(question,), plan=_PLAN))


def multi(prefix: str) -> Script:
    """One request with two questions; the second takes several answers."""
    color = Question(
        question="Choose a color",
        header="Color",
        options=(Choice(label="Red", description="Warm"), Choice(label="Blue", description="Cool")),
    )
    fruit = Question(
        question="Which fruit?",
        header="Fruit",
        options=tuple(Choice(label=label) for label in ("Apple", "Pear", "Plum")),
        multi_select=True,
    )
    yield from ask(prefix, native.AskedQuestion(id=f"{prefix}_multi", questions=(color, fruit)))


def ansi(prefix: str) -> Lines:
    """A command whose output has colours."""
    call = ToolCallPart(
        name="bash", arguments='{"command":"ls --color=always && make nothing"}', call_id=f"{prefix}_ansi"
    )
    yield native.Started(id=f"{prefix}_ansi", kind="tool_call", content=(call,))
    yield native.Completed(id=f"{prefix}_ansi", kind="tool_call", content=(call,))
    yield from _result(f"{prefix}_ansi", _COLORS)


def diff(prefix: str) -> Lines:
    """An edit of a file, and the diff of the turn."""
    call = ToolCallPart(name="edit", arguments='{"path":"src/greet.py"}', call_id=f"{prefix}_diff")
    yield native.Started(id=f"{prefix}_diff", kind="tool_call", content=(call,))
    yield native.Completed(id=f"{prefix}_diff", kind="tool_call", content=(call,))
    yield from _result(f"{prefix}_diff", "edited", FileRefPart(path="src/greet.py", action="patch", diff=_EDIT))
    changed = ChangedFile(path="src/greet.py", change="modified", additions=2, deletions=1)
    yield native.Changed(files=(changed,), diff=_EDIT)


def think(prefix: str) -> Lines:
    """A thought in pieces, then what came of it."""
    id = f"{prefix}_thought"
    yield native.Started(id=id, content=(ReasoningPart(text=""),))
    for piece in pieces(_THOUGHT, 4):
        yield native.Delta(id=id, text=piece)
    yield native.Completed(id=id, content=(ReasoningPart(text=_THOUGHT),))
    yield from say(f"{prefix}_conclusion", "I have thought.")


def _result(call: str, output: str, *more: FileRefPart, parent: str | None = None) -> Lines:
    id = f"{call}_result"
    yield native.Started(id=id, kind="tool_result", role="tool", parent=parent)
    content: tuple[ContentPart, ...] = (ToolResultPart(call_id=call, output=output), *more)
    yield native.Completed(id=id, kind="tool_result", role="tool", content=content, parent=parent)
