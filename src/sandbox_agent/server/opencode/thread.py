"""The messages and parts of one OpenCode session, and what its clients hear when they change. Pure.

The messages of a turn are the user's, and one of the assistant that holds everything the agent said and did.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sandbox_agent.schema.events import Usage
from sandbox_agent.server.opencode.ids import Ids
from sandbox_agent.server.opencode.shapes import About, Json, News, message_tokens, no_tokens

__all__ = ["Part", "Thread"]

_SMALL = 2048
_SHARE = 16
"""A growing text is sent whole with each delta while it is small, then whenever it grew by this part of itself."""


class Part:
    """One part, which may grow."""

    def __init__(self, json: Json, field: str = "text") -> None:
        self.json = json
        self.field = field
        self.began_empty = not json.get(field)
        self._unsettled: list[str] = []
        self._untold: list[str] = []
        self._length = len(json.get(field, ""))
        self._fresh = 0

    def grow(self, text: str) -> bool:
        """Add text; whether the whole part should be told again."""
        self._unsettled.append(text)
        self._untold.append(text)
        self._length += len(text)
        self._fresh += len(text)
        return self._length < _SMALL or self._fresh * _SHARE > self._length

    def settle(self) -> None:
        """Bring the JSON up to date."""
        if self._unsettled:
            self.json[self.field] = self.json.get(self.field, "") + "".join(self._unsettled)
            self._unsettled.clear()

    def told(self) -> str:
        """The part is told as it is: what was added since the last time."""
        self.settle()
        added = "".join(self._untold)
        self._untold.clear()
        self._fresh = 0
        return added


class Thread:
    """See the module. `at`: milliseconds since the epoch, of what happened."""

    def __init__(self, about: About, ids: Ids) -> None:
        self.about = about
        self.last_user: str | None = None
        self._ids = ids
        self._messages: dict[str, tuple[Json, list[Part]]] = {}
        self._open: str | None = None

    @property
    def messages(self) -> list[Json]:
        """All messages with their parts, in order."""
        return [self.message(id) for id in self._messages]

    def message(self, id: str) -> Json:
        """A message with its parts. Raises `KeyError`."""
        info, parts = self._messages[id]
        for part in parts:
            part.settle()
        return {"info": info, "parts": [part.json for part in parts]}

    def repeat(self, messages: Iterable[Json], at: int) -> Iterator[News]:
        """Begin with the messages of another thread, under ids of our own."""
        ids: dict[str, str] = {}
        for message in messages:
            old: Json = message["info"]
            id = ids[old["id"]] = self._ids.next("msg", at)
            info = {**old, "id": id, "sessionID": self.about.id}
            if info.get("parentID") in ids:
                info["parentID"] = ids[info["parentID"]]
            if info["role"] == "user":
                self.last_user = id
            self._messages[id] = (info, [])
            yield self._updated(info)
            for part in message["parts"]:
                yield from self.add(at, Part(dict(part)), id)

    def has(self, id: str) -> bool:
        """Whether there is a message of this id."""
        return id in self._messages

    @property
    def open_message(self) -> str | None:
        """The id of the assistant's message that is not finished."""
        return self._open

    def user(self, at: int, parts: Iterable[Json], id: str | None = None) -> Iterator[News]:
        """The user says something; `id`: what the client calls the message."""
        if id is not None:
            self._ids.seen(id, at)
        self.last_user = id = id or self._ids.next("msg", at)
        about = self.about
        model = {"providerID": about.provider, "modelID": about.model}
        info: Json = {
            "id": id,
            "sessionID": about.id,
            "role": "user",
            "time": {"created": at},
            "summary": {"diffs": []},
            "agent": about.agent,
            "model": {**model, "variant": about.variant} if about.variant else model,
        }
        self._messages[id] = (info, [])
        yield self._updated(info)
        for part in parts:
            yield from self.add(at, Part(part), id)

    def begin(self, at: int, user: str | None = None) -> Iterator[News]:
        """Open the assistant's message, unless it is open. `user`: the message it answers."""
        if self._open is not None:
            return
        if user is None and self.last_user is None:
            yield from self.user(at, ())  # the agent began by itself
        about = self.about
        self._open = id = self._ids.next("msg", at)
        info: Json = {
            "id": id,
            "sessionID": about.id,
            "role": "assistant",
            "time": {"created": at},
            "parentID": user or self.last_user,
            "modelID": about.model,
            "providerID": about.provider,
            "mode": about.agent,
            "agent": about.agent,
            "path": {"cwd": about.directory, "root": about.worktree},
            "cost": 0,
            "tokens": no_tokens(),
        }
        self._messages[id] = (info, [])
        yield self._updated(info)
        yield from self.add(at, Part({"type": "step-start"}))

    def end(self, at: int, used: Usage, error: Json | None = None) -> Iterator[News]:
        """Close the assistant's message."""
        if self._open is None:
            return
        id, self._open = self._open, None
        info, _parts = self._messages[id]
        count, cost = message_tokens(used), used.cost_usd or 0
        reason = "stop" if error is None else "error"
        yield from self.add(at, Part({"type": "step-finish", "reason": reason, "cost": cost, "tokens": count}), id)
        info |= {"time": {**info["time"], "completed": at}, "cost": cost, "tokens": count, "finish": reason}
        if error is not None:
            info["error"] = error
        yield self._updated(info)

    def add(self, at: int, part: Part, message: str | None = None) -> Iterator[News]:
        """Add a part to a message, by default to the assistant's that is open."""
        id = message or self._open
        if id is None:
            yield from self.begin(at)
            id = self._open or ""
        part.json |= {"id": self._ids.next("prt", at), "sessionID": self.about.id, "messageID": id}
        self._messages[id][1].append(part)
        yield self.told(part, at)

    def told(self, part: Part, at: int) -> News:
        """A part as it is now. For clients that read no `message.part.delta`, what was added is there too."""
        added = part.told()
        properties = {"sessionID": self.about.id, "part": dict(part.json), "time": at}
        return News("message.part.updated", {**properties, "delta": added} if added else properties)

    def grow(self, part: Part, text: str, at: int) -> Iterator[News]:
        """More text of a part."""
        whole = part.grow(text)
        ids = {"sessionID": self.about.id, "messageID": part.json["messageID"], "partID": part.json["id"]}
        yield News("message.part.delta", {**ids, "field": part.field, "delta": text})
        if whole:
            yield self.told(part, at)

    def request_id(self, prefix: str, at: int) -> str:
        """An id of a permission or a question."""
        return self._ids.next(prefix, at)

    def _updated(self, info: Json) -> News:
        return News("message.updated", {"sessionID": self.about.id, "info": dict(info)})
