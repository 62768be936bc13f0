"""What an agent wants to know of the human is asked and answered in the same way, whichever agent it is."""

from __future__ import annotations

import asyncio
from typing import Literal

import pytest
from tests.live.daemon import PATIENCE

from sandbox_agent import AsyncSession, QuestionRequested, QuestionResolved, TurnResult
from sandbox_agent.testing import say

from .conftest import Stage
from .kinds import PLAN

pytestmark = pytest.mark.anyio


async def answered(
    session: AsyncSession, answers: list[list[str]] | None
) -> tuple[QuestionRequested, QuestionResolved, TurnResult]:
    """A turn whose question is answered, or refused with None."""
    asked: list[QuestionRequested] = []

    def answer(request: QuestionRequested) -> list[list[str]] | Literal[False]:
        asked.append(request)
        return False if answers is None else answers

    async with asyncio.timeout(PATIENCE):
        result = await session.send("go", on_question=answer).wait()
    events = (await session.events()).events
    (resolved,) = (event.data for event in events if isinstance(event.data, QuestionResolved))
    (request,) = asked
    assert resolved.question_id == request.question_id
    return request, resolved, result


@pytest.mark.proves("questions")
async def test_all_questions_of_a_request_are_asked_and_the_answers_reach_the_model(stage: Stage) -> None:
    session = await stage.session([[stage.kind.ask()], say("thanks")])
    request, resolved, result = await answered(session, [["Blue"], ["S"]])
    assert (request.prompt, request.options) == ("Which colour?", ("Red", "Blue"))
    assert [(each.question, each.header) for each in request.questions] == [
        ("Which colour?", "Colour"),
        ("Which size?", "Size"),
    ]
    assert [(each.label, each.description) for each in request.questions[1].options] == [("S", "small"), ("L", "large")]
    assert (resolved.status, resolved.answers) == ("answered", (("Blue",), ("S",)))
    assert (result.reason, result.text) == ("completed", "thanks")
    assert stage.model.requests[-1].mentions("Blue")


@pytest.mark.proves("questions")
async def test_a_question_may_be_refused_and_the_session_goes_on(stage: Stage) -> None:
    session = await stage.session([[stage.kind.ask()], say("well then"), say("well then")])
    _, resolved, result = await answered(session, None)
    assert (resolved.status, result.reason) == ("rejected", "completed")
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("on").wait()).text == "well then"


@pytest.mark.proves("plan approval")
async def test_an_approved_plan_is_carried_out_in_the_same_turn(stage: Stage) -> None:
    script = [stage.kind.plan(), [stage.command("echo yes > built")], say("done")]
    session = await stage.session(script, agent_mode="plan", permission_mode="bypass")
    request, resolved, result = await answered(session, [["approve"]])
    assert request.options == ("approve", "reject")
    assert (request.plan or "").strip() == PLAN
    assert resolved.status == "answered"
    assert (result.reason, result.text) == ("completed", "done")
    assert (stage.place / "built").exists()


@pytest.mark.proves("plan approval")
async def test_a_rejected_plan_changes_nothing_and_the_session_goes_on(stage: Stage) -> None:
    script = [stage.kind.plan(), say("what then?"), say("what then?")]
    session = await stage.session(script, agent_mode="plan")
    _, _, result = await answered(session, [["reject"]])
    assert result.reason == "completed"
    async with asyncio.timeout(PATIENCE):
        assert (await session.send("hm").wait()).text == "what then?"
    assert list(stage.place.iterdir()) == []
