"""How a script has each agent do one and the same thing. All that differs between them in the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from sandbox_agent.testing import ModelRequest, call, say

__all__ = ["KINDS", "Kind"]

Steps: TypeAlias = list[Any]
"""What the model says, reply by reply."""
Json: TypeAlias = dict[str, Any]

QUESTIONS: Sequence[Json] = (
    {
        "question": "Which colour?",
        "header": "Colour",
        "options": [{"label": "Red", "description": "warm"}, {"label": "Blue", "description": "cold"}],
    },
    {
        "question": "Which size?",
        "header": "Size",
        "options": [{"label": "S", "description": "small"}, {"label": "L", "description": "large"}],
    },
)
TODOS: Sequence[Sequence[tuple[str, str]]] = (
    (("Plan", "in_progress"), ("Build", "pending")),
    (("Plan", "completed"), ("Build", "in_progress")),
)
"""The list as the agent has it first, and then."""
PLAN = "# The plan\n\n1. touch it"


def _cannot(*_: object) -> Any:
    raise AssertionError("scripts/matrix.py says that this agent cannot do it")


@dataclass(frozen=True)
class Kind:
    """One agent."""

    command: Callable[[str], Any]
    """Runs a line of shell."""
    edits: Callable[[Path], Steps]
    """Writes `one two three` into a file, a word a line, then `TWO` instead of `two`."""
    tool: str
    """The name of a tool of an MCP server, with places for both names."""
    effort: Callable[[ModelRequest], str]
    """What a request to the model says of the variant."""
    model: str
    """One that has variants."""
    ask: Callable[[], Any] = _cannot
    """Asks `QUESTIONS`."""
    todos: Callable[[], Steps] = _cannot
    """Makes the list, and changes it, as `TODOS` has it."""
    delegate: Callable[[str], Any] = _cannot
    """Gives a task to a subagent."""
    plan: Callable[[], Any] = _cannot
    """Shows `PLAN` and asks to carry it out."""
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What each session needs."""
    delegates: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What a session with subagents needs."""


def _patch(*lines: str) -> Any:
    return call("apply_patch", {"freeform": "\n".join(["*** Begin Patch", *lines, "*** End Patch", ""])})


def _claude_todos() -> Steps:
    return [
        [call("TaskCreate", {"subject": "Plan", "description": "p"})],
        [call("TaskCreate", {"subject": "Build", "description": "b"})],
        [call("TaskUpdate", {"taskId": "1", "status": "in_progress"})],
        [call("TaskUpdate", {"taskId": "1", "status": "completed"})],
        [call("TaskUpdate", {"taskId": "2", "status": "in_progress"})],
    ]


def _codex_todos() -> Steps:
    return [
        [call("update_plan", {"plan": [{"step": text, "status": status} for text, status in each]})] for each in TODOS
    ]


def _opencode_todos() -> Steps:
    entries = [[{"content": text, "status": status, "priority": "high"} for text, status in each] for each in TODOS]
    return [[call("todowrite", {"todos": each})] for each in entries]


KINDS: Mapping[str, Kind] = {
    "amp": Kind(
        command=lambda line: call("shell_command", {"command": line}),
        edits=lambda path: [
            [call("create_file", {"path": str(path), "content": "one\ntwo\nthree\n"})],
            [call("edit_file", {"path": str(path), "old_str": "two", "new_str": "TWO"})],
        ],
        tool="mcp__{}__{}",
        effort=lambda request: request.model,
        model="amp-default",
    ),
    "claude": Kind(
        command=lambda line: call("Bash", {"command": line, "description": "run"}),
        edits=lambda path: [
            [call("Write", {"file_path": str(path), "content": "one\ntwo\nthree\n"})],
            [call("Edit", {"file_path": str(path), "old_string": "two", "new_string": "TWO"})],
        ],
        tool="mcp__{}__{}",
        effort=lambda request: request.body["output_config"]["effort"],
        model="default",
        ask=lambda: call("AskUserQuestion", {"questions": [{**each, "multiSelect": False} for each in QUESTIONS]}),
        todos=_claude_todos,
        delegate=lambda task: call(
            "Agent",
            {"description": "sub", "prompt": task, "subagent_type": "general-purpose", "run_in_background": False},
        ),
        plan=lambda: [call("ExitPlanMode", {"plan": PLAN})],
    ),
    "codex": Kind(
        command=lambda line: call("exec_command", {"cmd": line, "yield_time_ms": 30000}),
        edits=lambda path: [
            [_patch(f"*** Add File: {path.name}", "+one", "+two", "+three")],
            [_patch(f"*** Update File: {path.name}", "@@", " one", "-two", "+TWO", " three")],
        ],
        tool="mcp__{}/{}",
        effort=lambda request: request.body["reasoning"]["effort"],
        model="gpt-5.5",
        ask=lambda: call("request_user_input", {"questions": [{**each, "id": each["header"]} for each in QUESTIONS]}),
        todos=_codex_todos,
        delegate=lambda task: call("multi_agent_v1/spawn_agent", {"message": task}),
        plan=lambda: say(f"<proposed_plan>\n{PLAN}\n</proposed_plan>\n"),
        # Newer models get a language to script the tools in, instead of the tools.
        options={"model": "gpt-5.5"},
        delegates={"model": "scripted"},
    ),
    "opencode": Kind(
        command=lambda line: call("bash", {"command": line, "description": "run"}),
        edits=lambda path: [
            [call("write", {"filePath": str(path), "content": "one\ntwo\nthree\n"})],
            [call("edit", {"filePath": str(path), "oldString": "two", "newString": "TWO"})],
        ],
        tool="{}_{}",
        effort=lambda request: request.body["reasoning_effort"],
        model="scripted/first",
        ask=lambda: call("question", {"questions": [dict(each) for each in QUESTIONS]}),
        todos=_opencode_todos,
        delegate=lambda task: call("task", {"description": "sub", "prompt": task, "subagent_type": "general"}),
        plan=lambda: [say(PLAN), call("plan_exit")],
    ),
}
