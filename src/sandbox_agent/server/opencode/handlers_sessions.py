"""Sessions: list, make, look, change, end."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Any

from sandbox_agent.schema.errors import InvalidRequest, NotFound
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import CreateBody, ForkBody, Query, UpdateBody
from sandbox_agent.server.opencode.conversation import Conversation, Notes
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.errors import refuse
from sandbox_agent.server.opencode.models import wanted
from sandbox_agent.server.opencode.shapes import Json, changed

__all__ = [
    "abort",
    "children",
    "create",
    "delete",
    "diff",
    "fork",
    "get",
    "list_sessions",
    "message",
    "messages",
    "revert",
    "share",
    "status",
    "todo",
    "unshare",
    "update",
]

_HEAD = re.compile(r"^diff --git ", re.MULTILINE)
_SEEN = "/ui/"
"""Nothing is published anywhere; who may talk to the daemon can look at the session there."""


async def list_sessions(desk: Desk, request: Request[None, Query]) -> Response:
    """All sessions of a directory, or of all when none is named; the last used first."""
    query = request.query
    named = desk.around.named(query.directory, request.headers)
    found = [each for each in desk.conversations if named in (None, each.about.directory)]
    infos = [each.info() for each in found]
    if query.roots == "true":
        infos = [info for info in infos if "parentID" not in info]
    if query.search:
        infos = [info for info in infos if query.search.lower() in info["title"].lower()]
    if query.start:
        infos = [info for info in infos if info["time"]["updated"] >= (query.start or 0)]
    infos.sort(key=lambda info: (info["time"]["updated"], info["time"]["created"]), reverse=True)
    return json_reply(infos[: query.limit])


async def create(desk: Desk, request: Request[CreateBody, Query]) -> Response:
    """A new session."""
    body, now = request.body, desk.now()
    if body.parent_id is not None:
        desk.find(body.parent_id)
    stamp = datetime.fromtimestamp(now / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    notes = Notes(
        title=body.title or f"New session - {stamp}",
        created=now,
        updated=now,
        parent=body.parent_id,
        permission_mode=body.permission_mode or body.permission_mode_too,
        titled=body.title is not None,
    )
    wish = wanted(body.model, body.provider_id, body.model_id)
    conversation = await desk.create(await desk.directory(request), notes, wish, body.agent)
    return json_reply(conversation.info())


async def status(desk: Desk, _request: Request[None, Query]) -> Response:
    """The sessions that are at work; those at rest are left out, as OpenCode does it."""
    busy = {each.about.id: {"type": "busy"} for each in desk.conversations if each.fold.busy}
    for conversation in desk.conversations:
        children = (child for child in conversation.fold.children.all if child.busy)
        busy |= {child.thread.about.id: {"type": "busy"} for child in children}
    return json_reply(busy)


async def get(desk: Desk, request: Request[None, Query]) -> Response:
    """One session, of a subagent too."""
    id = request.path["session"]
    if desk.is_main(id):
        await desk.find(id).catch_up()
        return json_reply(desk.find(id).info())
    return json_reply(desk.child(id)[1].info())


async def update(desk: Desk, request: Request[UpdateBody, Query]) -> Response:
    """Another title, or put it away. The model stays."""
    conversation, body = desk.find(request.path["session"]), request.body
    if wanted(body.model, body.provider_id, body.model_id) is not None:
        raise InvalidRequest("the model of a session cannot change", hint="begin a new session")
    notes = conversation.notes
    if body.title is not None:
        notes.title, notes.titled = body.title, True
    if body.time is not None:
        notes.archived = body.time.archived
    notes.updated = desk.now()
    conversation.changed()
    return json_reply(conversation.info())


async def delete(desk: Desk, request: Request[None, Query]) -> Response:
    """End a session and forget it."""
    await desk.remove(desk.find(request.path["session"]))
    return json_reply(True)


async def abort(desk: Desk, request: Request[None, Query]) -> Response:
    """End the running turn, and take back the messages that wait."""
    session = desk.find(request.path["session"]).session
    if session is not None:
        await session.interrupt(clear_queue=True)
    return json_reply(True)


async def children(desk: Desk, request: Request[None, Query]) -> Response:
    """The subagents of a session, and the sessions made with it as parent."""
    id = request.path["session"]
    conversation = desk.find(id) if desk.is_main(id) else desk.child(id)[0]
    await conversation.catch_up()
    of_agents = [child.info() for child in conversation.fold.children.all]
    return json_reply(
        [info for info in of_agents if info["parentID"] == id]
        + [each.info() for each in desk.conversations if each.notes.parent == id]
    )


async def todo(desk: Desk, request: Request[None, Query]) -> Response:
    """The agent's to-do list."""
    id = request.path["session"]
    if not desk.is_main(id):
        desk.child(id)
        return json_reply([])
    conversation = desk.find(id)
    await conversation.catch_up()
    return json_reply(conversation.fold.todos)


async def diff(desk: Desk, request: Request[None, Query]) -> Response:
    """What the session has changed, with a patch for each file."""
    id = request.path["session"]
    session = desk.find(id).session if desk.is_main(id) else None
    if session is None:
        return json_reply([])
    found = await session.changes.diff()
    return json_reply(changed(found.files, _patches(found.diff)))


async def fork(desk: Desk, request: Request[ForkBody, Query]) -> Response:
    """Another session that begins with what was said before a message, or with all of it."""
    forked = await desk.fork(desk.find(request.path["session"]), request.body.message_id)
    return json_reply(forked.info())


async def revert(desk: Desk, request: Request[Any, Query]) -> Response:
    """Take back what was done: agents cannot."""
    desk.find(request.path["session"])
    raise refuse("taking back messages", "undo the changes with git, or begin a new session")


async def share(desk: Desk, request: Request[None, Query]) -> Response:
    """A link to the session: to the Inspector, because nothing is published."""
    return _shared(desk, request, _SEEN)


async def unshare(desk: Desk, request: Request[None, Query]) -> Response:
    """No link any more."""
    return _shared(desk, request, None)


async def messages(desk: Desk, request: Request[None, Query]) -> Response:
    """The messages with their parts, oldest first; with a limit the last ones, with `before` those before it."""
    found = await _messages(desk, request.path["session"])
    if request.query.before:
        found = [each for each in found if each["info"]["id"] < request.query.before]
    limit = request.query.limit
    return json_reply(found if limit is None else found[-limit:] if limit else [])


async def message(desk: Desk, request: Request[None, Query]) -> Response:
    """One message with its parts."""
    id = request.path["message"]
    for each in await _messages(desk, request.path["session"]):
        if each["info"]["id"] == id:
            return json_reply(each)
    raise NotFound(f"message {id}")


async def _messages(desk: Desk, id: str) -> list[Json]:
    if not desk.is_main(id):
        return desk.child(id)[1].thread.messages
    conversation = desk.find(id)
    await conversation.catch_up()
    return conversation.fold.main.messages


def _shared(desk: Desk, request: Request[None, Query], url: str | None) -> Response:
    conversation: Conversation = desk.find(request.path["session"])
    conversation.notes.shared = url
    conversation.changed()
    return json_reply(conversation.info())


def _patches(diff: str) -> dict[str, str]:
    """A unified diff, cut into those of its files."""
    found: dict[str, str] = {}
    for piece in _HEAD.split(diff)[1:]:
        head, _, _rest = piece.partition("\n")
        found[head.rpartition(" b/")[2]] = f"diff --git {piece}"
    return found
