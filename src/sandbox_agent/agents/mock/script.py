"""Which scene a message asks for. Pure: a prompt in, a script out."""

from __future__ import annotations

import re
from collections.abc import Callable

from sandbox_agent.agents.mock import extras, native, scenes
from sandbox_agent.agents.mock.step import Crash, Lines, Script, Wait, say

__all__ = ["COMMANDS", "EXTRAS", "NUMBERED", "SENTENCES", "Crash", "Script", "Wait", "play"]

Scene = Callable[[str], "Script | Lines"]


def _end(prefix: str) -> Lines:
    del prefix
    yield native.SessionEnd()


def _help(prefix: str) -> Lines:
    lines = ["Commands of the mock agent, the first word of a message:", *map("- {}".format, COMMANDS)]
    lines += ["- echo TEXT, say TEXT", "", "Commands that are a whole message:", *map("- {}".format, EXTRAS)]
    lines += [f"- {word} N (N = {usual} when left out)" for word, (_, usual, _) in NUMBERED.items()]
    return say(f"{prefix}_help", "\n".join([*lines, "", "Anything else is repeated."]))


def _saying(name: str, text: str) -> Scene:
    return lambda prefix: say(f"{prefix}_{name}", text)


_BASH = "Use the bash tool to run `ls` in the current directory. Do not answer without using the tool."
_ASK = "Use the AskUserQuestion tool to ask exactly one yes/no question, then wait for a reply. Do not answer yourself."
_CALL = "Call the AskUserQuestion tool with exactly one yes/no question and wait for a reply. Do not answer yourself."

SENTENCES: dict[str, Scene] = {
    sentence.casefold(): scene
    for sentence, scene in {
        "Reply with exactly the single word OK.": _saying("ok", "OK"),
        "Reply with exactly the word FIRST.": _saying("first", "FIRST"),
        "Reply with exactly the word SECOND.": _saying("second", "SECOND"),
        "Answer briefly and include your reasoning.": scenes.rich,
        "Provide a short status update.": scenes.status,
        "List files in the current directory using available tools.": scenes.one_permission,
        _BASH: scenes.listing,
        _ASK: scenes.yes_or_no,
        _CALL: scenes.yes_or_no,
    }.items()
}
"""Whole messages that the conformance tests of the 0.1.x API send."""

COMMANDS: dict[str, Scene] = {
    "help": _help,
    "demo": scenes.demo,
    "markdown": scenes.markdown,
    **dict.fromkeys(("tool", "tools", "tooling"), scenes.tool),
    "status": scenes.status,
    "image": scenes.image,
    "unknown": scenes.unknown,
    **dict.fromkeys(("permission", "permissions"), scenes.permissions),
    **dict.fromkeys(("question", "questions"), scenes.questions),
    "error": scenes.error,
    "unparsed": scenes.unparsed,
    **dict.fromkeys(("end", "ended", "session.end"), _end),
}
"""First words of a message."""

EXTRAS: dict[str, Scene] = {
    "ansi": extras.ansi,
    "crash": extras.crash,
    "diff": extras.diff,
    "multi": extras.multi,
    "plan": extras.plan,
    "subagent": extras.subagent,
    "think": extras.think,
    "todo": extras.todo,
    "usage": extras.usage,
}
"""Whole messages: these words begin too many sentences that are to be repeated."""

NUMBERED: dict[str, tuple[Callable[[str, int], Lines], int, int]] = {
    "big": (extras.big, 1024 * 1024, 48 * 1024 * 1024),
    "flood": (extras.flood, 100, 1_000_000),
    "slow": (extras.slow, 50, 1_000_000),
}
"""Whole messages with a number: scene, usual number, largest number."""

_NUMBERED = re.compile(r"(\w+)(?: ([0-9]{1,12}))?")


def play(prefix: str, prompt: str) -> Script:
    """What the agent does for `prompt`, up to the end of its turn."""
    yield from _scene(prompt.strip())(prefix)


def _scene(prompt: str) -> Scene:
    whole = prompt.casefold()
    first, *rest = prompt.split() or ("",)
    word = first.casefold()
    if scene := SENTENCES.get(whole) or COMMANDS.get(word) or EXTRAS.get(whole) or _numbered(whole):
        return scene
    if word in {"echo", "say"}:
        return _saying("echo", " ".join(rest) or f"Nothing to {word}: try `{word} hello`.")
    return _saying("reply", prompt) if prompt else lambda _prefix: iter(())


def _numbered(prompt: str) -> Scene | None:
    match = _NUMBERED.fullmatch(prompt)
    if match is None or match[1] not in NUMBERED:
        return None
    scene, usual, most = NUMBERED[match[1]]
    number = min(int(match[2] or usual), most)
    return lambda prefix: scene(prefix, number)
