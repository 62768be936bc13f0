"""Permissions and questions that wait, and the answers to them."""

from __future__ import annotations

from sandbox_agent.schema.commands import Answer, PermissionReply, RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.schema.errors import NotFound
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.asks import native_id
from sandbox_agent.server.opencode.bodies import OldPermissionBody, PermissionBody, Query, QuestionBody
from sandbox_agent.server.opencode.conversation import Conversation
from sandbox_agent.server.opencode.desk import Desk

__all__ = ["permissions", "questions", "reject_question", "reply_old", "reply_permission", "reply_question"]


async def permissions(desk: Desk, request: Request[None, Query]) -> Response:
    """The permissions that wait."""
    return await _waiting(desk, request, permission=True)


async def questions(desk: Desk, request: Request[None, Query]) -> Response:
    """The questions that wait."""
    return await _waiting(desk, request, permission=False)


async def reply_permission(desk: Desk, request: Request[PermissionBody, Query]) -> Response:
    """Once, always or reject."""
    return await _permit(desk, request.path["request"], request.body.reply, request.body.message)


async def reply_old(desk: Desk, request: Request[OldPermissionBody, Query]) -> Response:
    """The same, as earlier clients say it."""
    desk.find(request.path["session"])
    return await _permit(desk, request.path["request"], request.body.response, None)


async def reply_question(desk: Desk, request: Request[QuestionBody, Query]) -> Response:
    """The answers to all questions of a request."""
    conversation, asked = desk.asked(request.path["request"], permission=False)
    answer = ReplyQuestion(question_id=native_id(asked.request), answers=request.body.answers)
    return await _answer(conversation, answer)


async def reject_question(desk: Desk, request: Request[None, Query]) -> Response:
    """No answer."""
    conversation, asked = desk.asked(request.path["request"], permission=False)
    return await _answer(conversation, RejectQuestion(question_id=native_id(asked.request)))


async def _permit(desk: Desk, id: str, reply: PermissionReply, message: str | None) -> Response:
    conversation, asked = desk.asked(id, permission=True)
    answer = ReplyPermission(permission_id=native_id(asked.request), reply=reply, message=message)
    return await _answer(conversation, answer)


async def _answer(conversation: Conversation, answer: Answer) -> Response:
    if conversation.session is None:
        raise NotFound(f"session {conversation.about.id}")
    await conversation.session.answer(answer)
    await conversation.catch_up()
    return json_reply(True)


async def _waiting(desk: Desk, request: Request[None, Query], *, permission: bool) -> Response:
    named = desk.around.named(request.query.directory, request.headers)
    conversations = [each for each in desk.conversations if named in (None, each.about.directory)]
    for conversation in conversations:
        await conversation.catch_up()
    asked = (each for conversation in conversations for each in conversation.fold.requests.values())
    return json_reply([each.json for each in asked if each.is_permission is permission])
