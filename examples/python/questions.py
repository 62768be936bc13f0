"""Answer an agent's questions from a list of numbers: `python questions.py claude "Ask me what to build"`."""

from __future__ import annotations

import sys
from typing import Literal

from sandbox_agent import Question, QuestionRequested, SandboxAgent


def ask(question: Question) -> list[str]:
    """The labels of the options that were chosen, or what was typed instead."""
    print(f"\n{question.question}")
    for number, option in enumerate(question.options, 1):
        print(f"  {number}. {option.label}")
    typed = input("number, several with commas, or your own words: " if question.multi_select else "number: ")
    chosen = [each.strip() for each in typed.split(",")]
    if all(each.isdigit() and 0 < int(each) <= len(question.options) for each in chosen):
        return [question.options[int(each) - 1].label for each in chosen]
    return [typed]


def answer(request: QuestionRequested) -> list[list[str]] | Literal[False]:
    """All questions of a request; Ctrl-D refuses to answer."""
    try:
        return [ask(question) for question in request.questions]
    except EOFError:
        return False


def main(agent: str, message: str) -> None:
    """One message, and the answers it needs."""
    with SandboxAgent.start() as client, client.create_session("asks", agent=agent) as session:
        result = session.send(message, on_question=answer).wait()
        print(result.text or result.reason)


if __name__ == "__main__":
    main(*(sys.argv[1:] or ["mock", "multi"]))
