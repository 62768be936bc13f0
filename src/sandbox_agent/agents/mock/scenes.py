"""The scenes of the 0.1.x mock agent: same ids, same content, same order."""

from __future__ import annotations

from collections.abc import Callable, Generator

from sandbox_agent.agents.mock import native
from sandbox_agent.agents.mock.step import Lines, Script, Step, Wait, pieces, say, stream
from sandbox_agent.schema.content import (
    FileRefPart,
    ImagePart,
    ItemKind,
    ItemRole,
    JsonPart,
    ReasoningPart,
    StatusPart,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from sandbox_agent.schema.events import Choice, Question

__all__ = [
    "ask",
    "ask_permission",
    "demo",
    "error",
    "image",
    "listing",
    "markdown",
    "one_permission",
    "permissions",
    "questions",
    "rich",
    "status",
    "tool",
    "unknown",
    "unparsed",
    "yes_or_no",
]

_MARKDOWN = """\
# Mock markdown

A paragraph with *emphasis*, **weight**, `code` and a [link](https://example.invalid).

- first
- second
  1. nested

| name | value |
| --- | --- |
| pace | steady |

```python
def greet(name: str) -> str:
    return f"hello, {name}"
```

> Quoted, and done.
"""

_DIFF = """\
--- a/{path}
+++ b/{path}
@@ -1,2 +1,2 @@
 unchanged
-before
+after
"""
_NEW = """\
--- /dev/null
+++ b/{path}
@@ -0,0 +1 @@
+written by the mock
"""


def markdown(prefix: str) -> Lines:
    """A document in eight pieces."""
    return stream(f"{prefix}_markdown", pieces(_MARKDOWN, 8))


def tool(prefix: str) -> Lines:
    """A tool call whose result touches three files and, so that user interfaces show it, has failed."""
    call = ToolCallPart(name="mock.search", arguments='{"query":"example"}', call_id=f"{prefix}_call")
    yield native.Started(id=f"{prefix}_tool_call", kind="tool_call", content=(call,))
    yield native.Completed(id=f"{prefix}_tool_call", kind="tool_call", content=(call,))
    written, patched = f"{prefix}/output.txt", f"{prefix}/patch.txt"
    yield native.Started(id=f"{prefix}_tool_result", kind="tool_result", role="tool")
    yield native.Completed(
        id=f"{prefix}_tool_result",
        kind="tool_result",
        role="tool",
        status="failed",
        content=(
            ToolResultPart(call_id=f"{prefix}_call", output="mock search results"),
            FileRefPart(path=f"{prefix}/readme.md", action="read"),
            FileRefPart(path=written, action="write", diff=_NEW.format(path=written)),
            FileRefPart(path=patched, action="patch", diff=_DIFF.format(path=patched)),
        ),
    )


def status(prefix: str) -> Lines:
    """Progress that begins and ends."""
    for kind, detail in ((native.Started, "2 files"), (native.Completed, "Done")):
        yield kind(id=f"{prefix}_status", kind="status", content=(StatusPart(label="Indexing", detail=detail),))


def image(prefix: str) -> Lines:
    """A message with a picture."""
    yield native.Started(id=f"{prefix}_image")
    picture = ImagePart(path=f"{prefix}/image.png", mime="image/png")
    yield native.Completed(id=f"{prefix}_image", content=(TextPart(text="Here is an image."), picture))


def unknown(prefix: str) -> Lines:
    """An item of no known kind."""
    yield from _whole(f"{prefix}_unknown", "unknown", "assistant", JsonPart(json={"mock": "unknown"}))


def rich(prefix: str) -> Lines:
    """A message of everything: text, thoughts to be shown and not to be shown, data."""
    return stream(
        f"{prefix}_assistant_rich",
        ["Mock assistant ", "streaming delta."],
        first=(
            ReasoningPart(text="Public reasoning of the mock.", visibility="public"),
            ReasoningPart(text="Private reasoning of the mock.", visibility="private"),
            JsonPart(json={"stage": "analysis", "ok": True}),
        ),
    )


def error(prefix: str) -> Lines:
    """An error, then something nobody can read."""
    yield native.Failed(message="Mock error event.", code="mock_error", details={"mock": True})
    yield from unparsed(prefix)


def unparsed(prefix: str) -> Lines:
    """A message that no adapter knows."""
    yield native.Strange(payload={"from": prefix})


def permissions(prefix: str) -> Script:
    """Two permissions, for a command and for a file."""
    asked = list(_two_permissions(prefix))
    yield from asked
    yield from _hear_all(prefix, len(asked))


def one_permission(prefix: str) -> Script:
    """One permission for a command."""
    yield from ask_permission(prefix, "ls")


def listing(prefix: str) -> Script:
    """One permission for a command, then the command, unless it was refused."""
    answer = yield from ask_permission(prefix, "ls")
    if answer.reply != "reject":
        yield from tool(prefix)


def questions(prefix: str) -> Script:
    """Two questions, in two requests."""
    asked = list(_two_questions(prefix))
    yield from asked
    yield from _hear_all(prefix, len(asked))


def yes_or_no(prefix: str) -> Script:
    """One question."""
    yield from ask(prefix, native.AskedQuestion(id=f"{prefix}_question", questions=(_choice("Proceed?", "Yes", "No"),)))


def demo(prefix: str) -> Lines:
    """Every kind of event, one after the other. Asks, but does not wait: the end of the turn answers."""
    scenes: tuple[tuple[str, Callable[[str], Lines]], ...] = (
        ("system item", _system),
        ("rich message", rich),
        ("status", status),
        ("markdown", markdown),
        ("tool call and result", tool),
        ("image", image),
        ("unknown item", unknown),
        ("permission requests", _two_permissions),
        ("question requests", _two_questions),
        ("error and unparsed", error),
    )
    for number, (name, scene) in enumerate(scenes, 1):
        yield from say(f"{prefix}_marker_{number}", f"Next: {name}.")
        yield from scene(prefix)


def ask_permission(prefix: str, command: str) -> Generator[Step, native.Answered | None, native.Answered]:
    """Ask to run `command`, wait, and tell what was heard."""
    return (yield from ask(prefix, _command(f"{prefix}_permission", command)))


def ask(
    prefix: str, request: native.AskedPermission | native.AskedQuestion
) -> Generator[Step, native.Answered | None, native.Answered]:
    """Ask, wait, and tell what was heard."""
    yield request
    answers = yield from _hear_all(prefix, 1)
    return answers[0]


def _hear_all(prefix: str, count: int) -> Generator[Step, native.Answered | None, list[native.Answered]]:
    heard: list[native.Answered] = []
    while len(heard) < count:
        answer = yield Wait()
        if answer is not None:
            heard.append(answer)
            yield from say(f"{prefix}_answer_{len(heard)}", _acknowledge(answer))
    return heard


def _acknowledge(answer: native.Answered) -> str:
    if answer.reply is not None:
        words = {"once": "accepted once", "always": "accepted for this session", "reject": "rejected"}[answer.reply]
        return f"Permission {answer.id}: {words}." + (f" ({answer.message})" if answer.message else "")
    if answer.answers is None:
        return f"Question {answer.id}: rejected."
    return f"Question {answer.id}: answered {'; '.join(', '.join(chosen) for chosen in answer.answers)}."


def _two_permissions(prefix: str) -> Lines:
    yield _command(f"{prefix}_permission", "echo mock")
    yield native.AskedPermission(
        id=f"{prefix}_permission_denied",
        action="file_change",
        metadata={"codexRequestKind": "fileChange", "path": f"{prefix}/deny.txt"},
    )


def _two_questions(prefix: str) -> Lines:
    color = _choice("Choose a color", "Red", "Blue")
    yield native.AskedQuestion(id=f"{prefix}_question", questions=(color,))
    allow = _choice("Allow mock experiment?", "Yes", "No")
    yield native.AskedQuestion(id=f"{prefix}_question_reject", questions=(allow,))


def _command(id: str, command: str) -> native.AskedPermission:
    metadata = {"codexRequestKind": "commandExecution", "command": command}
    return native.AskedPermission(id=id, action="command_execution", metadata=metadata)


def _choice(question: str, *labels: str) -> Question:
    return Question(question=question, options=tuple(Choice(label=label) for label in labels))


def _system(prefix: str) -> Lines:
    yield from _whole(f"{prefix}_system", "system", "system", TextPart(text="System message of the mock."))


def _whole(id: str, kind: ItemKind, role: ItemRole, part: TextPart | JsonPart) -> Lines:
    yield native.Started(id=id, kind=kind, role=role, content=(part,))
    yield native.Completed(id=id, kind=kind, role=role, content=(part,))
