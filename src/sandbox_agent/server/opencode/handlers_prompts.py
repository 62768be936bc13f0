"""Messages to the agent, and what is one in the end: commands, shell lines, the first look at a project."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import InvalidRequest, NotFound
from sandbox_agent.server.asgi import EMPTY, Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import (
    CommandBody,
    InitBody,
    ModelChoice,
    PromptBody,
    PromptPart,
    Query,
    ShellBody,
    TextPart,
)
from sandbox_agent.server.opencode.conversation import Conversation
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.models import Wanted, wanted
from sandbox_agent.server.opencode.prompting import Prompt, read_prompt, stored
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["command", "init", "prompt", "prompt_async", "shell"]

_TITLE = 50
"""Characters of a title that was made of a message."""
_INIT = (
    "Look around in this project and write what an agent must know to work in it into the file AGENTS.md: how it is "
    "built and tested, how it is laid out, which rules it has. Keep what the file says already where it is true."
)


@dataclass(frozen=True, slots=True)
class _Order:
    """A message and how it is to be answered."""

    parts: tuple[PromptPart, ...]
    message_id: str | None
    wish: Wanted | None
    mode: str | None
    system: str | None = None


async def prompt(desk: Desk, request: Request[PromptBody, Query]) -> Response:
    """Send a message and wait for the answer."""
    conversation, order = desk.find(request.path["session"]), _order(request.body)
    if request.body.no_reply:
        return json_reply(await _note(conversation, order))
    return json_reply(await _answered(desk, conversation, order))


async def prompt_async(desk: Desk, request: Request[PromptBody, Query]) -> Response:
    """Send a message; the answer is told on the event stream."""
    conversation, order = desk.find(request.path["session"]), _order(request.body)
    if request.body.no_reply:
        await _note(conversation, order)
    else:
        await _give(desk, conversation, order)
    return EMPTY


async def command(desk: Desk, request: Request[CommandBody, Query]) -> Response:
    """A slash command, which the agent knows or not."""
    body = request.body
    line = f"/{body.command.removeprefix('/')} {body.arguments}".strip()
    order = _Order(
        (TextPart(text=line), *body.parts), body.message_id, _wish(body.model, body.variant), body.agent or None
    )
    return json_reply(await _answered(desk, desk.find(request.path["session"]), order))


async def shell(desk: Desk, request: Request[ShellBody, Query]) -> Response:
    """Let the agent run a command line, under its own permissions."""
    body = request.body
    text = f"Run this command in a shell and show me its output:\n\n```sh\n{body.command}\n```"
    order = _Order((TextPart(text=text),), body.message_id, _wish(body.model, None), body.agent or None)
    return json_reply(await _answered(desk, desk.find(request.path["session"]), order))


async def init(desk: Desk, request: Request[InitBody, Query]) -> Response:
    """Let the agent write AGENTS.md."""
    body = request.body
    order = _Order((TextPart(text=_INIT),), body.message_id, wanted(None, body.provider_id, body.model_id), None)
    await _give(desk, desk.find(request.path["session"]), order)
    return json_reply(True)


def _order(body: PromptBody) -> _Order:
    return _Order(body.parts, body.message_id, _wish(body.model, body.variant), body.agent or None, body.system)


def _wish(model: ModelChoice | str | None, variant: str | None) -> Wanted | None:
    found = wanted(model)
    return found if found is None or variant is None else Wanted(found.provider, found.model, variant)


async def _answered(desk: Desk, conversation: Conversation, order: _Order) -> Json:
    user, answer = await _give(desk, conversation, order)
    await asyncio.wait((answer,))
    if answer.cancelled():
        raise NotFound(f"session {conversation.about.id}: it was deleted")
    id = answer.result()
    return conversation.aborted(user) if id is None else conversation.fold.main.message(id)


async def _give(desk: Desk, conversation: Conversation, order: _Order) -> tuple[str, asyncio.Future[str | None]]:
    """Give the message to the session, which is begun if need be; the user's message, and the answer to come."""
    _check_id(conversation, order.message_id)
    read = read_prompt(order.parts)
    session = await desk.begin(conversation, order.wish, order.mode, order.system)
    files = await asyncio.to_thread(stored, read, Path(session.options.private_dir, "attachments"))
    message = "\n\n".join([*conversation.context, *read.words])
    wish = api.MessageRequest(message=message, attachments=tuple(read.attachments))
    async with conversation.busy:
        sent = await session.send(wish, files)
        conversation.context.clear()
        user = _say(conversation, read, order.message_id)
        return user, conversation.given(sent, user)


async def _note(conversation: Conversation, order: _Order) -> Json:
    """Keep what the user said for the next message."""
    _check_id(conversation, order.message_id)
    read = read_prompt(order.parts)
    if read.attachments or read.files:
        raise InvalidRequest("a message that wants no reply takes no files", hint="send them with the next message")
    async with conversation.busy:
        conversation.context.append(read.text)
        return conversation.fold.main.message(_say(conversation, read, order.message_id))


def _say(conversation: Conversation, read: Prompt, id: str | None) -> str:
    user = conversation.say(read.shown, id)
    notes = conversation.notes
    if not notes.titled and read.text.strip():
        notes.title, notes.titled = read.text.strip().partition("\n")[0][:_TITLE], True
        conversation.changed()
    return user


def _check_id(conversation: Conversation, id: str | None) -> None:
    if id is None:
        return
    if not id.startswith("msg"):
        raise InvalidRequest(f"messageID: {id[:100]!r} does not begin with msg")
    if conversation.fold.main.has(id):
        raise InvalidRequest(f"messageID: there is a message {id} already")
