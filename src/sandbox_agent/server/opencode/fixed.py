"""What OpenCode has and we have not: the answer of a server that has none of it. See docs/opencode-clients.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox_agent.server.asgi import Request, Response, json_reply
from sandbox_agent.server.opencode.bodies import Query
from sandbox_agent.server.opencode.desk import Desk
from sandbox_agent.server.opencode.handlers_info import place
from sandbox_agent.server.opencode.row import Call, Route, row

__all__ = ["FIXED"]

_VALUES: Mapping[str, Any] = {
    "GET /provider/auth": {},
    "GET /command": [],
    "GET /skill": [],
    "GET /lsp": [],
    "GET /formatter": [],
    "GET /file/status": [],
    "GET /find/symbol": [],
    "GET /vcs/status": [],
    "GET /project/{project}/directories": [],
    "GET /pty/shells": [],
    "GET /experimental/capabilities": {"backgroundSubagents": False},
    "GET /experimental/console": {"consoleManagedProviders": [], "switchableOrgCount": 0},
    "GET /experimental/console/orgs": {"orgs": []},
    "GET /experimental/resource": {},
    "GET /experimental/session": [],
    "GET /experimental/tool": [],
    "GET /experimental/tool/ids": [],
    "GET /experimental/workspace": [],
    "GET /experimental/workspace/adapter": [],
    "GET /experimental/workspace/status": [],
    "GET /experimental/worktree": [],
    "GET /tui/control/next": {"path": "", "body": {}},
    "POST /tui/control/response": True,
    "POST /log": True,
    "POST /instance/dispose": True,
    "POST /global/dispose": True,
    "POST /sync/start": True,
    "POST /session/{session}/summarize": True,
    "PUT /auth/{provider}": True,
    "DELETE /auth/{provider}": True,
    "POST /provider/{provider}/oauth/callback": False,
    "GET /api/health": {"healthy": True},
}
_LISTS = ("agent", "command", "integration", "model", "provider", "reference", "skill")
"""Of OpenCode's newer API, which its TUI asks beside the one that is served here."""


def _value(value: Any) -> Call:
    answer = json_reply(value)

    async def fixed(_desk: Desk, _request: Request[Any, Query]) -> Response:
        return answer

    return fixed


async def _nothing_here(desk: Desk, request: Request[None, Query]) -> Response:
    return json_reply({"location": await place(desk, request), "data": []})


FIXED: tuple[Route, ...] = (
    *(row(route, _value(value)) for route, value in _VALUES.items()),
    *(row(f"GET /api/{name}", _nothing_here) for name in _LISTS),
)
