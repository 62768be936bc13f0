"""What clients ask when they start: providers, agents, places, configuration, tool servers."""

from __future__ import annotations

import msgspec

from sandbox_agent.schema import api
from sandbox_agent.schema.errors import NotFound
from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import Anything, Query, ToolServer, ToolServerBody
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.feed import FeedStream
from sandbox_agent.server.opencode.models import DEFAULT, providers
from sandbox_agent.server.opencode.shapes import VERSION, Json, News

__all__ = [
    "add_tool_server",
    "agents",
    "config",
    "config_providers",
    "connect",
    "disconnect",
    "events",
    "global_events",
    "health",
    "location",
    "path",
    "project",
    "projects",
    "provider_list",
    "tool_servers",
    "update_config",
    "vcs",
]

_BEAT = 2 / 3
"""A heart beats more often than a comment is due: OpenCode's own clients give up after 15 seconds without one."""
_ASK_ALL = [{"permission": "*", "pattern": "*", "action": "ask"}]


async def health(_desk: Desk, _request: Request[None, Query]) -> Response:
    """We answer, so we are well."""
    return json_reply({"healthy": True, "version": VERSION})


async def provider_list(desk: Desk, _request: Request[None, Query]) -> Response:
    """All agents, and which of them are installed."""
    known, defaults, connected = await providers(desk.daemon.catalog)
    return json_reply({"all": known, "default": defaults, "connected": connected})


async def config_providers(desk: Desk, _request: Request[None, Query]) -> Response:
    """The agents that are installed."""
    known, defaults, connected = await providers(desk.daemon.catalog)
    usable = [each for each in known if each["id"] in connected]
    return json_reply({"providers": usable, "default": {name: defaults[name] for name in connected}})


async def agents(desk: Desk, _request: Request[None, Query]) -> Response:
    """Agent modes are what OpenCode calls agents; those that are one agent's own are not offered on screens."""
    found: dict[str, Json] = {"build": _mode("build", "What the agent does by itself")}
    for info in (await desk.daemon.catalog.list()).agents:
        for mode in desk.daemon.catalog.modes(info.id).modes[1:]:
            found.setdefault(mode.id, _mode(mode.id, mode.description, hidden=mode.id != "plan"))
    return json_reply(list(found.values()))


async def path(desk: Desk, request: Request[None, Query]) -> Response:
    """The folders of this user and of the request."""
    directory = await desk.directory(request)
    folders = desk.around.folders()
    return json_reply({**folders, "worktree": await desk.worktree(directory), "directory": directory})


async def project(desk: Desk, request: Request[None, Query]) -> Response:
    """The project of the request's directory."""
    return json_reply(_project(desk, await desk.worktree(await desk.directory(request))))


async def projects(desk: Desk, request: Request[None, Query]) -> Response:
    """All of them: there is one."""
    return json_reply([_project(desk, await desk.worktree(await desk.directory(request)))])


async def vcs(desk: Desk, request: Request[None, Query]) -> Response:
    """The branch that is checked out."""
    branch = await desk.branch(await desk.directory(request))
    return json_reply({} if branch is None else {"branch": branch})


async def config(desk: Desk, _request: Request[None, Query]) -> Response:
    """The configuration: the model for who names none, and what clients have added."""
    own = {"model": f"{DEFAULT.provider}/{DEFAULT.model}", "username": "user", "share": "disabled"}
    lists: Json = {"agent": {}, "mode": {}, "command": {}, "plugin": [], "provider": {}, "mcp": {}}
    return json_reply({**own, **lists, **desk.config})


async def update_config(desk: Desk, request: Request[Anything, Query]) -> Response:
    """Remember what a client wants to find there again; nothing obeys it."""
    desk.config.update(request.body)
    return await config(desk, Request(request.path, request.query, None, request.headers))


async def location(desk: Desk, request: Request[None, Query]) -> Response:
    """The directory of the request, as OpenCode's newer API says it."""
    return json_reply(await place(desk, request))


async def place(desk: Desk, request: Request[None, Query]) -> Json:
    """The same for other answers of that API."""
    directory = await desk.directory(request)
    return {"directory": directory, "project": {"id": "global", "directory": await desk.worktree(directory)}}


async def tool_servers(desk: Desk, _request: Request[None, Query]) -> Response:
    """The MCP servers of all sessions, and those for sessions to come."""
    return json_reply(_servers(desk))


async def add_tool_server(desk: Desk, request: Request[ToolServerBody, Query]) -> Response:
    """An MCP server for the sessions that begin from now on."""
    desk.tool_servers[request.body.name] = _server(request.body.config)
    return json_reply(_servers(desk))


async def connect(desk: Desk, request: Request[None, Query]) -> Response:
    """Use an MCP server in sessions that begin from now on."""
    return _enable(desk, request.path["name"], enabled=True)


async def disconnect(desk: Desk, request: Request[None, Query]) -> Response:
    """Do not."""
    return _enable(desk, request.path["name"], enabled=False)


async def events(desk: Desk, request: Request[None, Query]) -> Response:
    """Everything that happens, of one directory when one is named."""
    return await _stream(desk, request, wrapped=False)


async def global_events(desk: Desk, request: Request[None, Query]) -> Response:
    """Everything that happens, in all directories, each event with its own."""
    return await _stream(desk, request, wrapped=True)


async def _stream(desk: Desk, request: Request[None, Query], *, wrapped: bool) -> Response:
    seen = dict(request.headers).get(b"last-event-id", b"")
    known = seen.isdigit() and int(seen[:20]) <= desk.feed.last
    directory = await desk.directory(request)
    named = desk.around.named(request.query.directory, request.headers) is not None
    worktree = News(
        "worktree.ready", {"name": directory.rpartition("/")[2], "branch": await desk.branch(directory) or ""}
    )
    return FeedStream(
        desk.feed,
        int(seen[:20]) if known else desk.feed.last,
        directory=directory if named and not wrapped else None,
        wrapped=wrapped,
        hello=(News("server.connected", {}), worktree),
        beat=desk.daemon.keep_alive * _BEAT,
        stop=desk.daemon.sessions.closed,
        metrics=desk.daemon.metrics,
    )


def _mode(name: str, description: str, *, hidden: bool = False) -> Json:
    mode: Json = {"name": name, "description": description, "mode": "primary", "native": True, "options": {}}
    return {**mode, "permission": _ASK_ALL, **({"hidden": True} if hidden else {})}


def _project(desk: Desk, worktree: str) -> Json:
    now = desk.now()
    git = {"vcs": "git"} if worktree != "/" else {}
    return {"id": "global", "worktree": worktree, **git, "time": {"created": now, "updated": now}, "sandboxes": []}


def _servers(desk: Desk) -> Json:
    found: Json = {}
    for conversation in desk.conversations:
        session = conversation.session
        for name in (session.wish.mcp or {}) if session is not None else ():
            found[name] = _state(conversation.fold.tool_servers.get(name))
    for name, server in desk.tool_servers.items():
        found.setdefault(name, {"status": "disabled" if server.enabled is False else "connected"})
    return found


def _state(word: str | None) -> Json:
    match word:
        case None | "connected":
            return {"status": "connected"}
        case "needs-auth":
            return {"status": "needs_auth"}
        case "disabled":
            return {"status": "disabled"}
        case other:
            return {"status": "failed", "error": f"the agent says: {other}"}


def _server(config: ToolServer) -> api.McpServer:
    if config.type == "local":
        return api.LocalMcpServer(
            command=config.command,
            env=config.environment,
            enabled=config.enabled,
            timeout_ms=config.timeout,
            cwd=config.cwd,
        )
    return api.RemoteMcpServer(
        url=config.url, headers=config.headers, enabled=config.enabled, timeout_ms=config.timeout
    )


def _enable(desk: Desk, name: str, *, enabled: bool) -> Response:
    server = desk.tool_servers.get(name)
    if server is None:
        raise NotFound(f"MCP server {name}")
    desk.tool_servers[name] = msgspec.structs.replace(server, enabled=enabled)
    return json_reply(True)
