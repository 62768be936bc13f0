"""What concerns the screens of OpenCode's clients: terminals that are only remembered, and orders to the TUI."""

from __future__ import annotations

from typing import Any

from sandbox_agent.schema.errors import InvalidRequest, NotFound
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import Anything, PtyBody, Query
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.errors import refuse
from sandbox_agent.server.opencode.shapes import Json, News

__all__ = [
    "append_prompt",
    "connect_terminal",
    "create_terminal",
    "delete_terminal",
    "get_terminal",
    "order",
    "order_command",
    "publish",
    "select_session",
    "show_toast",
    "terminals",
    "update_terminal",
]

_ORDERS = {
    "open-help": "help.show",
    "open-sessions": "session.list",
    "open-themes": "theme.switch",
    "open-models": "model.list",
    "submit-prompt": "prompt.submit",
    "clear-prompt": "prompt.clear",
}
_EXECUTE = "tui.command.execute"


# Terminals


async def terminals(desk: Desk, _request: Request[None, Query]) -> Response:
    """All that clients have made."""
    return json_reply(list(desk.terminals.values()))


async def create_terminal(desk: Desk, request: Request[PtyBody, Query]) -> Response:
    """Remember one. No program runs in it: the daemon runs agents and nothing else."""
    body = request.body
    id = f"pty_{len(desk.terminals) + 1}_{desk.now()}"
    terminal: Json = {
        "id": id,
        "title": body.title or "Terminal",
        "command": body.command or "sh",
        "args": body.args,
        "cwd": body.cwd or await desk.directory(request),
        "status": "running",
        "pid": 0,
    }
    desk.terminals[id] = terminal
    desk.feed.add(News("pty.created", {"info": terminal}))
    return json_reply(terminal)


async def get_terminal(desk: Desk, request: Request[None, Query]) -> Response:
    """One of them."""
    return json_reply(_terminal(desk, request))


async def update_terminal(desk: Desk, request: Request[PtyBody, Query]) -> Response:
    """Another title."""
    terminal = _terminal(desk, request)
    if request.body.title is not None:
        terminal["title"] = request.body.title
    desk.feed.add(News("pty.updated", {"info": dict(terminal)}))
    return json_reply(terminal)


async def delete_terminal(desk: Desk, request: Request[None, Query]) -> Response:
    """Forget one."""
    id = _terminal(desk, request)["id"]
    del desk.terminals[id]
    desk.feed.add(News("pty.deleted", {"id": id}))
    return json_reply(True)


async def connect_terminal(desk: Desk, request: Request[None, Query]) -> Response:
    """There is nothing to connect to."""
    _terminal(desk, request)
    raise refuse("connecting to a terminal", "let the agent run the program")


def _terminal(desk: Desk, request: Request[Any, Query]) -> Json:
    terminal: Json | None = desk.terminals.get(request.path["pty"])
    if terminal is None:
        raise NotFound(f"terminal {request.path['pty']}")
    return terminal


# Orders to the TUI: whoever listens to the events obeys


async def append_prompt(desk: Desk, request: Request[Anything, Query]) -> Response:
    """Write into the prompt."""
    return _told(desk, "tui.prompt.append", {"text": str(request.body.get("text", ""))})


async def order(desk: Desk, request: Request[None, Query]) -> Response:
    """Open a list, send or clear the prompt."""
    word = _ORDERS.get(request.path["order"])
    if word is None:
        raise NotFound(f"/tui/{request.path['order']}")
    return _told(desk, _EXECUTE, {"command": word})


async def order_command(desk: Desk, request: Request[Anything, Query]) -> Response:
    """Any command of the TUI."""
    return _told(desk, _EXECUTE, {"command": str(request.body.get("command", "")).replace("_", ".")})


async def show_toast(desk: Desk, request: Request[Anything, Query]) -> Response:
    """A short note."""
    return _told(desk, "tui.toast.show", {"message": "", "variant": "info", **request.body})


async def select_session(desk: Desk, request: Request[Anything, Query]) -> Response:
    """Show a session."""
    id = str(request.body.get("sessionID", ""))
    if not desk.is_main(id):
        desk.child(id)
    return _told(desk, "tui.session.select", {"sessionID": id})


async def publish(desk: Desk, request: Request[Anything, Query]) -> Response:
    """One of these events as it is."""
    type, properties = request.body.get("type"), request.body.get("properties")
    if not isinstance(type, str) or not type.startswith("tui.") or not isinstance(properties, dict):
        raise InvalidRequest("an event of the TUI has a type that begins with tui. and properties")
    return _told(desk, type, properties)  # pyright: ignore[reportUnknownArgumentType]


def _told(desk: Desk, type: str, properties: Json) -> Response:
    desk.feed.add(News(type, properties))
    return json_reply(True)
