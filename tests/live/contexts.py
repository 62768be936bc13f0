"""What the tests of several agents give their sessions."""

from __future__ import annotations

import json
from typing import Any

from .daemon import Desk, Talk

CANARY = "CANARY-GUESTS"


def skill(desk: Desk, name: str = "greeting") -> dict[str, Any]:
    """A skill beside the working directory, as a session names it; its description has the canary."""
    folder = desk.place.parent / "elsewhere" / name
    folder.mkdir(parents=True)
    text = f"---\nname: {name}\ndescription: Greets {CANARY}\n---\n\nSay CANARY-BODY.\n"
    (folder / "SKILL.md").write_text(text)
    return {"sources": [{"type": "local", "source": "../elsewhere"}]}


def refusing_hook(desk: Desk) -> str:
    """A command for a hook that lets no tool run."""
    script = desk.place.parent / "check.py"
    told = 'json.load(sys.stdin)["tool_name"], "is off limits", file=sys.stderr'
    script.write_text(f"import json, sys; print({told}); sys.exit(2)")
    return f"python3 {script}"


def asked(desk: Desk, number: int = -1) -> str:
    """Everything that the model was sent with a request."""
    return json.dumps(desk.model.requests[number].body)


def looks(talk: Talk) -> dict[str, Any]:
    """What the tool of the MCP server answered last."""
    answer: Any = str(talk.result().output)
    while not isinstance(answer, dict):
        # Some agents hand on the content blocks, or the structured form of a text.
        answer = json.loads(answer)
        answer = answer[0]["text"] if isinstance(answer, list) else answer.get("result", answer)
    return answer
