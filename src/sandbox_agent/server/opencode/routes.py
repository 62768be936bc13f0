"""Every endpoint of the mount, once. What is not here is answered with 404 like any other path."""

from __future__ import annotations

from sandbox_agent.server.opencode import bodies, handlers_asks, handlers_files, handlers_info, handlers_prompts
from sandbox_agent.server.opencode import handlers_screens as screens
from sandbox_agent.server.opencode import handlers_sessions as sessions
from sandbox_agent.server.opencode.fixed import FIXED
from sandbox_agent.server.opencode.row import Route, row

__all__ = ["ROUTES"]

_ONE = "/session/{session}"
asks, files, info, prompts = handlers_asks, handlers_files, handlers_info, handlers_prompts

ROUTES: tuple[Route, ...] = (
    # Sessions
    row("GET /session", sessions.list_sessions),
    row("POST /session", sessions.create, bodies.CreateBody, optional=True),
    row("GET /session/status", sessions.status),
    row(f"GET {_ONE}", sessions.get),
    row(f"PATCH {_ONE}", sessions.update, bodies.UpdateBody),
    row(f"DELETE {_ONE}", sessions.delete),
    row(f"GET {_ONE}/children", sessions.children),
    row(f"GET {_ONE}/todo", sessions.todo),
    row(f"GET {_ONE}/diff", sessions.diff),
    row(f"POST {_ONE}/fork", sessions.fork, bodies.ForkBody, optional=True),
    row(f"POST {_ONE}/abort", sessions.abort),
    row(f"POST {_ONE}/share", sessions.share),
    row(f"DELETE {_ONE}/share", sessions.unshare),
    row(f"POST {_ONE}/revert", sessions.revert),
    row(f"POST {_ONE}/unrevert", sessions.revert),
    # Messages
    row(f"GET {_ONE}/message", sessions.messages),
    row(f"POST {_ONE}/message", prompts.prompt, bodies.PromptBody),
    row(f"GET {_ONE}/message/{{message}}", sessions.message),
    row(f"DELETE {_ONE}/message/{{message}}", sessions.revert),
    row(f"POST {_ONE}/prompt_async", prompts.prompt_async, bodies.PromptBody),
    row(f"POST {_ONE}/command", prompts.command, bodies.CommandBody),
    row(f"POST {_ONE}/shell", prompts.shell, bodies.ShellBody),
    row(f"POST {_ONE}/init", prompts.init, bodies.InitBody, optional=True),
    # Requests of agents
    row("GET /permission", asks.permissions),
    row("POST /permission/{request}/reply", asks.reply_permission, bodies.PermissionBody),
    row(f"POST {_ONE}/permissions/{{request}}", asks.reply_old, bodies.OldPermissionBody),
    row("GET /question", asks.questions),
    row("POST /question/{request}/reply", asks.reply_question, bodies.QuestionBody),
    row("POST /question/{request}/reject", asks.reject_question),
    # Events
    row("GET /event", info.events),
    row("GET /global/event", info.global_events),
    # The server, its agents and models
    row("GET /global/health", info.health),
    row("GET /provider", info.provider_list),
    row("GET /config/providers", info.config_providers),
    row("GET /agent", info.agents),
    row("GET /path", info.path),
    row("GET /project", info.projects),
    row("GET /project/current", info.project),
    row("GET /vcs", info.vcs),
    row("GET /config", info.config),
    row("PATCH /config", info.update_config, bodies.Anything),
    row("GET /global/config", info.config),
    row("PATCH /global/config", info.update_config, bodies.Anything),
    row("GET /api/location", info.location),
    row("GET /mcp", info.tool_servers),
    row("POST /mcp", info.add_tool_server, bodies.ToolServerBody),
    row("POST /mcp/{name}/connect", info.connect),
    row("POST /mcp/{name}/disconnect", info.disconnect),
    # Files
    row("GET /file", files.listing),
    row("GET /file/content", files.content),
    row("GET /find", files.find_text),
    row("GET /find/file", files.find_files),
    # Screens
    row("GET /pty", screens.terminals),
    row("POST /pty", screens.create_terminal, bodies.PtyBody, optional=True),
    row("GET /pty/{pty}", screens.get_terminal),
    row("PUT /pty/{pty}", screens.update_terminal, bodies.PtyBody),
    row("DELETE /pty/{pty}", screens.delete_terminal),
    row("GET /pty/{pty}/connect", screens.connect_terminal),
    row("POST /tui/append-prompt", screens.append_prompt, bodies.Anything),
    row("POST /tui/execute-command", screens.order_command, bodies.Anything),
    row("POST /tui/show-toast", screens.show_toast, bodies.Anything),
    row("POST /tui/select-session", screens.select_session, bodies.Anything),
    row("POST /tui/publish", screens.publish, bodies.Anything),
    row("POST /tui/{order}", screens.order),
    *FIXED,
)
