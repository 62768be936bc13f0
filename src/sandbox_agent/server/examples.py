"""A command to try for each operation of the API document, as both of its pages show it. Pure."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping
from typing import Any

__all__ = ["curl"]

_NOTHING: Mapping[str, Any] = {}
_BODIES: Mapping[str, Any] = {
    "CreateSessionRequest": {"agent": "mock"},
    "MessageRequest": {"message": "hello"},
    "PermissionReplyRequest": {"reply": "once"},
    "QuestionReplyRequest": {"answers": [["Red"]]},
    "ForkRequest": {"newSessionId": "demo-2"},
    "FsMoveRequest": {"from": "a.txt", "to": "b.txt"},
}
_PARAMETERS = {"session_id": "demo", "agent": "mock", "path": "notes.md"}


def curl(method: str, path: str, operation: Mapping[str, Any]) -> str:
    """One line for a shell; `$BASE` is where the server listens. `operation`: of the API document."""
    query: list[str] = []
    for each in operation["parameters"]:
        value = _PARAMETERS.get(each["name"], f"{each['name'].upper()}")
        if each["in"] == "path":
            path = path.replace(f"{{{each['name']}}}", value)
        elif each["in"] == "query" and each.get("required"):
            query.append(f"{each['name']}={value}")
    url = f'"$BASE{path}{"?" if query else ""}{"&".join(query)}"'
    streams = "text/event-stream" in operation["responses"].get("200", {}).get("content", {})
    parts = ["curl -N" if streams else "curl", *([] if method == "GET" else [f"-X {method}"]), url]
    for kind, media in operation.get("requestBody", _NOTHING).get("content", _NOTHING).items():
        if kind == "application/json":
            body = _BODIES.get(media["schema"]["$ref"].rpartition("/")[2], {})
            parts += ["-H 'content-type: application/json'", f"-d {shlex.quote(json.dumps(body))}"]
        else:
            tar = "upload-batch" in path
            parts += ["-H 'content-type: application/x-tar'"] if tar else []
            parts += ["-T files.tar" if tar else "-T notes.md"]
    return " ".join(parts)
