"""A chat with an agent in the terminal: `python chat.py claude`. An empty line ends it."""

from __future__ import annotations

import sys

from sandbox_agent import (
    ItemCompleted,
    ItemDelta,
    PermissionReply,
    PermissionRequested,
    QuestionRequested,
    SandboxAgent,
    ToolCallPart,
)


def allow(request: PermissionRequested) -> PermissionReply:
    """Ask the person for every permission."""
    answer = input(f"\n[{request.action} {request.metadata}] allow? [y/a/n] ")
    return {"y": "once", "a": "always"}.get(answer, "reject")  # type: ignore[return-value]


def answer(request: QuestionRequested) -> list[list[str]]:
    """Ask the person every question of a request."""
    return [
        [input(f"\n{question.question} {[each.label for each in question.options]} ")] for question in request.questions
    ]


def main(agent: str) -> None:
    """Send line by line, show what comes back as it comes."""
    with SandboxAgent.start() as client:
        session = client.create_session("chat", agent=agent)
        while message := input("> "):
            for event in session.send(message, on_permission=allow, on_question=answer):
                match event.data:
                    case ItemDelta(delta=text):
                        print(text, end="", flush=True)
                    case ItemCompleted(item=item):
                        for part in item.content:
                            if isinstance(part, ToolCallPart):
                                print(f"\n* {part.name} {part.arguments}")
                    case _:
                        pass
            print()


if __name__ == "__main__":
    main(sys.argv[1] if len(sys.argv) > 1 else "mock")
