"""The page of examples, each in both languages, made of the files that the tests run."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["EXAMPLES", "Example", "examples_page"]


@dataclass(frozen=True)
class Example:
    """One example: the stem of its files, and what the page says of it."""

    stem: str
    title: str
    purpose: str


EXAMPLES = (
    Example("chat", "Chat loop", "A chat in the terminal: text as it comes, tool calls, permissions and questions."),
    Example("permissions", "Permissions in the terminal", "What the agent wants to do, and three answers to it."),
    Example("questions", "Answering questions", "By number, by several numbers, or in one's own words."),
    Example("persist_and_replay", "Persist and replay", "Keep conversations, and show them later without a server."),
    Example("resume", "Resume", "Finish a task though the daemon is killed in mid-turn: the agent goes on natively."),
    Example("follow", "Follow", "Read a session of a running server, and go on where you stopped."),
    Example("side_by_side", "Several agents side by side", "One task for several agents at once."),
    Example("attach_files", "Attach files", "Upload files of this machine and ask about them."),
    Example("custom_tool", "A tool of your own", "An MCP server that Claude Code may ask, and nothing else."),
    Example("web_backend", "A web backend", "Events for browsers, which reconnect without loss and see no token."),
)

_HEAD = """\
# Examples

Each is a program of one page, in both languages, and the tests run all of them against the real server (`custom_tool`
and `resume` with the real Claude Code, which talks to a [scripted model](testing.md)). The page is made of these files.

- Python, in [examples/python](../examples/python): `pip install sandbox-agent-py`, then `python chat.py`
- TypeScript, in [examples/typescript](../examples/typescript): `npm install` there, then `npx tsx chat.ts`; it starts
  the command `sandbox-agent`, which must be [installed](install.md)

[examples/react-chat](../examples/react-chat/README.md) is a chat page with React and its backend, see also
[a chat UI of your own](chat-ui.md).

Most take the agent's name as the first argument; `mock`, which needs no key, when there is none.
"""


def examples_page(root: Path) -> str:
    """The page, for the checkout at `root`."""
    return "\n".join([_HEAD, *(_section(root, each) for each in EXAMPLES)])


def _section(root: Path, example: Example) -> str:
    shown = [
        _file(root, f"examples/python/{example.stem}.py", "Python", "python"),
        _file(root, f"examples/typescript/{example.stem}.ts", "TypeScript", "ts"),
    ]
    return "\n".join([f"## {example.title}\n\n{example.purpose}\n", *shown])


def _file(root: Path, name: str, language: str, marker: str) -> str:
    code = (root / name).read_text().rstrip("\n")
    link = f"[{Path(name).name}](../{name})"
    return f"<details>\n<summary>{language}</summary>\n\n{link}\n\n```{marker}\n{code}\n```\n\n</details>\n"
