"""From the parts of a prompt to a message of ours: text, files by path, files that came with it."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, unquote_to_bytes, urlsplit

from sandbox_agent.schema.commands import AttachedFile, Attachment
from sandbox_agent.schema.errors import InvalidRequest
from sandbox_agent.server.opencode.bodies import AgentPart, FilePart, PromptPart, SubtaskPart, TextPart
from sandbox_agent.server.opencode.shapes import Json

__all__ = ["Prompt", "read_prompt", "stored"]

_DATA = re.compile(r"data:([^,;]*)((?:;[^,;]*)*),(.*)", re.DOTALL)
_UNSAFE = re.compile(r"[^\w.-]+")
_FOLDER = "application/x-directory"


@dataclass
class Prompt:
    """What the agent is given, and what clients see of it."""

    words: list[str] = field(default_factory=list[str])
    attachments: list[Attachment] = field(default_factory=list[Attachment])
    files: list[AttachedFile] = field(default_factory=list[AttachedFile])
    """That came as `data:` URLs; their paths are names only."""
    shown: list[Json] = field(default_factory=list[Json])

    @property
    def text(self) -> str:
        """The message."""
        return "\n\n".join(self.words)


def read_prompt(parts: Sequence[PromptPart]) -> Prompt:
    """Understand the parts. Raises `InvalidRequest` for a file whose URL is of no use here."""
    prompt = Prompt()
    for part in parts:
        match part:
            case TextPart(text=text, ignored=ignored):
                prompt.shown.append({"type": "text", "text": text})
                if not ignored:
                    prompt.words.append(text)
            case FilePart():
                prompt.shown.append({"type": "file", "mime": part.mime, "filename": part.filename, "url": part.url})
                _file(prompt, part)
            case AgentPart(name=name):
                prompt.shown.append({"type": "agent", "name": name})
                prompt.words.append(f"Use the subagent {name}.")
            case SubtaskPart(prompt=task, agent=agent, description=description):
                prompt.shown.append({"type": "subtask", "prompt": task, "agent": agent, "description": description})
                prompt.words.append(f"Let the subagent {agent} do this: {task}" if agent else task)
    return prompt


def stored(prompt: Prompt, folder: Path) -> tuple[AttachedFile, ...]:
    """The files that came with the message, written where the agent can read them."""
    if not prompt.files:
        return ()
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    count = len(list(folder.iterdir()))
    found: list[AttachedFile] = []
    for number, file in enumerate(prompt.files, count + 1):
        path = folder / f"{number}-{_UNSAFE.sub('_', file.filename)[-100:]}"
        path.write_bytes(file.data)
        found.append(AttachedFile(path=str(path), mime=file.mime, filename=file.filename, data=file.data))
    return tuple(found)


def _file(prompt: Prompt, part: FilePart) -> None:
    if part.url.startswith("data:"):
        mime, data = _decoded(part.url)
        name = part.filename or "attachment"
        prompt.files.append(AttachedFile(path=name, mime=mime or part.mime, filename=name, data=data))
    elif path := _path(part.url):
        if part.mime == _FOLDER:
            prompt.words.append(f"See the folder {path}.")
        else:
            name = part.filename or PurePosixPath(path).name
            prompt.attachments.append(Attachment(path=path, mime=part.mime, filename=PurePosixPath(name).name))
    else:
        raise InvalidRequest(f"cannot attach {part.url[:100]!r}", hint="a file: or a data: URL")


def _path(url: str) -> str | None:
    """The path of a `file:` URL, or of one that is a path only."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    return unquote(parts.path) if parts.scheme in {"file", ""} else None


def _decoded(url: str) -> tuple[str, bytes]:
    match = _DATA.fullmatch(url)
    if match is None:
        raise InvalidRequest("a data: URL without a comma")
    if ";base64" not in match[2]:
        return match[1], unquote_to_bytes(match[3])
    try:
        return match[1], base64.b64decode(unquote_to_bytes(match[3]), validate=True)
    except binascii.Error as error:
        raise InvalidRequest("a data: URL that is no base64") from error
