"""`sandbox-agent sessions ...`: the sessions of a server."""

from __future__ import annotations

from sandbox_agent.cli.command import Command, Option
from sandbox_agent.cli.derive import add_group
from sandbox_agent.cli.parser import Subparsers
from sandbox_agent.cli.values import absolute, attachment, json_file, message, skill

__all__ = ["COMMANDS", "add_parser"]

_CREATE = {
    "session_id": Option(metavar="ID", help="a name of your choice"),
    "agent": Option(names=("-a", "--agent"), metavar="AGENT", help="who works: claude, mock, ..."),
    "agent_mode": Option(names=("-g", "--agent-mode"), metavar="MODE", help="for instance build or plan"),
    "permission_mode": Option(
        names=("-p", "--permission-mode"), metavar="MODE", help="default, plan, acceptEdits or bypass"
    ),
    "model": Option(names=("-m", "--model"), metavar="MODEL", help="model of the agent"),
    "variant": Option(names=("-v", "--variant"), metavar="NAME", help="effort level of the model"),
    "agent_version": Option(names=("-A", "--agent-version"), metavar="VERSION", help="version of the agent's CLI"),
    "directory": Option(metavar="DIR", read=absolute, help="where the agent works (default: the server's own folder)"),
    "title": Option(help="a title for people"),
    "mcp": Option(
        names=("--mcp-config",), metavar="FILE", read=json_file, help="tool servers by name, as JSON; - for stdin"
    ),
    "skills": Option(
        names=("--skill",),
        metavar="PATH",
        read=skill,
        repeat=True,
        wrap=lambda sources: {"sources": sources},
        help="a folder with a skill, or a source as JSON (repeatable)",
    ),
    "resume": Option(metavar="ID", help="go on with the agent's own session of this id"),
}
_SEND = {
    "message": Option(names=("-m", "--message"), metavar="TEXT", read=message, help="what to say; - for stdin"),
    "attachments": Option(
        names=("--attach",), metavar="FILE", read=attachment, repeat=True, help="a file that goes along (repeatable)"
    ),
    "delivery": Option(help="what to do when a turn runs already (default: queue)"),
    "include_raw": Option(help="with what the agent itself said"),
}
_READ = {
    "offset": Option(names=("-o", "--offset"), metavar="N", help="only events with a higher sequence"),
    "limit": Option(names=("-l", "--limit"), metavar="N", help="at most so many"),
    "include_raw": Option(help="with what the agent itself said"),
}
_ANSWER = {
    "question_id": Option(metavar="QID", help="the question, as its event names it"),
    "permission_id": Option(metavar="PID", help="the permission, as its event names it"),
    "answers": Option(names=("-a", "--answers"), help='a list of answers for each question: [["yes"]]'),
    "reply": Option(names=("-r", "--reply"), help="how far to allow it"),
    "message": Option(names=("--message",), help="with reject: a word to the agent"),
}
_MESSAGE = {"message_id": Option(metavar="MID", help="the message, as the queue names it")}
_INTERRUPT = {"clear_queue": Option(help="withdraw what waits, too")}

_FORK = {
    **{name: _CREATE[name] for name in ("agent_mode", "permission_mode", "model", "variant", "title")},
    "session_id": Option(metavar="ID", help="the session to fork"),
    "new_session_id": Option(names=("new_session_id",), metavar="NEW", help="a name of your choice for the fork"),
    "turn_id": Option(metavar="TID", help="the last turn to take along (default: the last that has ended)"),
}

COMMANDS = (
    Command(name="list", endpoint="list_sessions", example="sessions list"),
    Command(name="create", endpoint="create_session", example="sessions create demo --agent mock", options=_CREATE),
    Command(name="fork", endpoint="fork_session", example="sessions fork demo other", options=_FORK),
    Command(name="get", endpoint="get_session", example="sessions get demo"),
    Command(
        name="send-message", endpoint="send_message", example='sessions send-message demo -m "hello"', options=_SEND
    ),
    Command(
        name="send-message-stream",
        endpoint="send_message_stream",
        example='sessions send-message-stream demo -m "hello" --output pretty',
        options=_SEND,
    ),
    Command(name="events", endpoint="list_events", example="sessions events demo --offset 10 -l 5", options=_READ),
    Command(name="get-messages", endpoint="get_messages", example="sessions get-messages demo", options=_READ),
    Command(
        name="events-sse",
        endpoint="follow_events",
        purpose="History from an offset, then live events",
        example="sessions events-sse demo --output json",
        options=_READ,
    ),
    Command(
        name="reply-permission",
        endpoint="reply_permission",
        example="sessions reply-permission demo perm_1 --reply once",
        options=_ANSWER,
    ),
    Command(
        name="reply-question",
        endpoint="reply_question",
        example="""sessions reply-question demo q_1 --answers '[["yes"]]'""",
        options=_ANSWER,
    ),
    Command(
        name="reject-question",
        endpoint="reject_question",
        example="sessions reject-question demo q_1",
        options=_ANSWER,
    ),
    Command(name="interrupt", endpoint="interrupt", example="sessions interrupt demo", options=_INTERRUPT),
    Command(name="diff", endpoint="session_diff", example="sessions diff demo"),
    Command(name="queue", endpoint="list_queue", example="sessions queue demo"),
    Command(name="clear-queue", endpoint="clear_queue", example="sessions clear-queue demo"),
    Command(
        name="withdraw-message",
        endpoint="withdraw_message",
        example="sessions withdraw-message demo msg_2",
        options=_MESSAGE,
    ),
    Command(name="terminate", endpoint="terminate_session", example="sessions terminate demo"),
    Command(name="delete", endpoint="delete_session", example="sessions delete demo"),
)


def add_parser(subparsers: Subparsers) -> None:
    """Add the command to its parser."""
    add_group(subparsers, "sessions", "the sessions of a server", COMMANDS)
