"""Requests to OpenCode's server. Each names its directory, for one server works in many."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import quote

from sandbox_agent.adapter import SessionOptions, Write
from sandbox_agent.adapter.http import request
from sandbox_agent.agents.opencode.launch import agent_of
from sandbox_agent.agents.opencode.router import ORIGIN
from sandbox_agent.schema.commands import AttachedFile, SendMessage

__all__ = ["COPIED", "Calls"]

COPIED = "copied"
_SENT_AS_THEY_ARE = ("image/", "application/pdf")


class Calls:
    """The requests of one session. Keys say what was asked and, where there may be several, for what."""

    def __init__(self, options: SessionOptions) -> None:
        self._options = options
        self._prompts = 0
        self.agent = agent_of(options)
        """The agent that answers; another one once a plan is approved."""

    def create(self) -> Write:
        """Begin a conversation."""
        return self._ask("create", "POST", "/session", {})

    def origin(self, native_id: str) -> Write:
        """The messages of a conversation that is to be forked."""
        return self._ask(ORIGIN, "GET", f"/session/{_quoted(native_id)}/message")

    def fork(self, native_id: str, before: str | None) -> Write:
        """Begin a conversation with what another said before a message; with all of it without one."""
        body = {"messageID": before} if before else {}
        return self._ask("create", "POST", f"/session/{_quoted(native_id)}/fork", body)

    def copied(self, native_id: str) -> Write:
        """The messages that a fork begins with."""
        return self._ask(COPIED, "GET", f"/session/{_quoted(native_id)}/message")

    def find(self, native_id: str) -> Write:
        """Whether a conversation is there."""
        return self._ask("find", "GET", f"/session/{_quoted(native_id)}")

    def servers(self) -> tuple[Write, ...]:
        """How the MCP servers are, if the session brought some. Answered when each has started or failed."""
        return (self._ask("servers", "GET", "/mcp"),) if self._options.mcp else ()

    def prompt(self, native_id: str, message: SendMessage) -> Write:
        """Give a message; answered at once, told about by events."""
        self._prompts += 1
        options = self._options
        body: dict[str, Any] = {"parts": [{"type": "text", "text": message.text}, *map(_file_part, message.files)]}
        body["agent"] = self.agent
        if options.model:
            provider, _, model = options.model.partition("/")
            body["model"] = {"providerID": provider, "modelID": model}
        if options.variant:
            body["variant"] = options.variant
        if options.instructions:
            body["system"] = options.instructions
        return self._ask(f"prompt {self._prompts}", "POST", f"/session/{_quoted(native_id)}/prompt_async", body)

    def abort(self, native_id: str) -> Write:
        """End what a conversation is doing."""
        return self._ask(f"abort {native_id}", "POST", f"/session/{_quoted(native_id)}/abort", {})

    def permission(self, request_id: str, reply: str, message: str | None) -> Write:
        """Answer a permission."""
        body = {"reply": reply, "message": message} if message else {"reply": reply}
        return self._ask(f"permission {request_id}", "POST", f"/permission/{_quoted(request_id)}/reply", body)

    def answer(self, request_id: str, answers: tuple[tuple[str, ...], ...]) -> Write:
        """Answer a question."""
        return self._ask(
            f"question {request_id}", "POST", f"/question/{_quoted(request_id)}/reply", {"answers": answers}
        )

    def dismiss(self, request_id: str) -> Write:
        """Refuse a question."""
        return self._ask(f"question {request_id}", "POST", f"/question/{_quoted(request_id)}/reject", {})

    def states(self) -> Write:
        """What the conversations are doing."""
        return self._ask("states", "GET", "/session/status")

    def messages(self, native_id: str) -> Write:
        """All messages of a conversation."""
        return self._ask(f"messages {native_id}", "GET", f"/session/{_quoted(native_id)}/message")

    def open_requests(self) -> tuple[Write, Write]:
        """The permissions and questions that wait for an answer."""
        return self._ask("permissions", "GET", "/permission"), self._ask("questions", "GET", "/question")

    def _ask(self, key: str, method: str, path: str, body: Any = None) -> Write:
        return request(key, method, path, query={"directory": self._options.directory}, body=body)


def _quoted(name: str) -> str:
    """An id in a path: the one to resume is a client's word."""
    return quote(name, safe="")


def _file_part(file: AttachedFile) -> dict[str, Any]:
    """A file as the model can take it: pictures and PDFs as they are, text as text; of the rest only that it is there.

    As data rather than by path, because for a path the server reads the file again, under the agent's permissions.
    """
    mime = file.mime.partition(";")[0].strip().lower()
    if not mime.startswith(_SENT_AS_THEY_ARE):
        try:
            file.data.decode()
        except UnicodeDecodeError:
            note = f"[Attached file, not text: {file.path} ({file.mime}, {len(file.data)} bytes)]"
            return {"type": "text", "text": note}
        mime = "text/plain"
    data = base64.b64encode(file.data).decode()
    return {"type": "file", "mime": mime, "filename": file.filename, "url": f"data:{mime};base64,{data}"}
