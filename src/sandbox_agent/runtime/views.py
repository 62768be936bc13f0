"""What the API shows of a session."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from sandbox_agent.runtime.redaction import shown_mcp, shown_skills
from sandbox_agent.runtime.session import Session
from sandbox_agent.schema import api
from sandbox_agent.schema.events import PermissionRequested, QuestionRequested

__all__ = ["detail_of", "info_of"]


def info_of(session: Session) -> api.SessionInfo:
    """The session's line in the list."""
    return api.SessionInfo(**_fields(session))


def detail_of(session: Session) -> api.SessionDetail:
    """The session with what is pending and queued."""
    return api.SessionDetail(
        **_fields(session),
        turn_id=session.turn_id,
        permissions=tuple(each for each in session.pending if isinstance(each, PermissionRequested)),
        questions=tuple(each for each in session.pending if isinstance(each, QuestionRequested)),
        queue=session.queue().messages,
    )


def _fields(session: Session) -> dict[str, Any]:
    options, wish = session.options, session.wish
    created, updated = session.times
    return {
        "session_id": options.session_id,
        "agent": session.agent.name,
        "agent_mode": options.agent_mode,
        "permission_mode": options.permission_mode,
        "model": options.model,
        "variant": options.variant,
        "native_session_id": session.native_session_id,
        "ended": session.log.ended,
        "event_count": session.log.last,
        "created_at": created,
        "updated_at": updated,
        "directory": wish.directory,
        "title": wish.title,
        "state": session.state,
        "log_id": session.log.id,
        "mcp": shown_mcp(wish.mcp) if wish.mcp else UNSET,
        "skills": shown_skills(wish.skills) if wish.skills else UNSET,
        "forked_from": options.forked_from or UNSET,
    }
