"""Messages, answers, and how to stop."""

from __future__ import annotations

from sandbox_agent.schema import api
from sandbox_agent.schema.commands import RejectQuestion, ReplyPermission, ReplyQuestion
from sandbox_agent.server.asgi import EMPTY, Request, Response, json_reply
from sandbox_agent.server.daemon import Daemon
from sandbox_agent.server.query import NoQuery, StreamOptions
from sandbox_agent.server.sse import TURN_STREAM_ENDS, EventStream, pulse

__all__ = [
    "clear_queue",
    "interrupt",
    "queue",
    "reject_question",
    "reply_permission",
    "reply_question",
    "send",
    "send_and_stream",
    "withdraw",
]


async def send(daemon: Daemon, request: Request[api.MessageRequest, NoQuery]) -> Response:
    """Take a message; what comes of it is in the log."""
    sent = await daemon.sessions.get(request.path["session_id"]).send(request.body)
    if request.body.delivery is None:
        return EMPTY
    return json_reply(api.Delivered(message_id=sent.message_id, delivery=sent.delivery, offset=sent.offset))


async def send_and_stream(daemon: Daemon, request: Request[api.MessageRequest, StreamOptions]) -> Response:
    """Take a message and follow its turn."""
    session = daemon.sessions.get(request.path["session_id"])
    beat = pulse(daemon.keep_alive, request.query.heartbeat_ms)  # may refuse, so before the message is taken
    sent = await session.send(request.body)
    return EventStream(
        session.log,
        sent.started,
        raw=request.query.include_raw,
        ends=TURN_STREAM_ENDS,
        pulse=beat,
        metrics=daemon.metrics,
    )


async def interrupt(daemon: Daemon, request: Request[api.InterruptRequest, NoQuery]) -> Response:
    """End the running turn."""
    session = daemon.sessions.get(request.path["session_id"])
    await session.interrupt(clear_queue=request.body.clear_queue)
    return EMPTY


async def queue(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """The messages that wait."""
    return json_reply(daemon.sessions.get(request.path["session_id"]).queue())


async def clear_queue(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """Withdraw all messages that wait."""
    await daemon.sessions.get(request.path["session_id"]).clear_queue()
    return EMPTY


async def withdraw(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """Withdraw one message that waits."""
    await daemon.sessions.get(request.path["session_id"]).withdraw(request.path["message_id"])
    return EMPTY


async def reply_permission(daemon: Daemon, request: Request[api.PermissionReplyRequest, NoQuery]) -> Response:
    """Answer a permission."""
    answer = ReplyPermission(
        permission_id=request.path["permission_id"], reply=request.body.reply, message=request.body.message
    )
    await daemon.sessions.get(request.path["session_id"]).answer(answer)
    return EMPTY


async def reply_question(daemon: Daemon, request: Request[api.QuestionReplyRequest, NoQuery]) -> Response:
    """Answer a question."""
    answer = ReplyQuestion(question_id=request.path["question_id"], answers=request.body.answers)
    await daemon.sessions.get(request.path["session_id"]).answer(answer)
    return EMPTY


async def reject_question(daemon: Daemon, request: Request[None, NoQuery]) -> Response:
    """Refuse a question."""
    answer = RejectQuestion(question_id=request.path["question_id"])
    await daemon.sessions.get(request.path["session_id"]).answer(answer)
    return EMPTY
