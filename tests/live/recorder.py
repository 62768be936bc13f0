"""A daemon that writes down what its agents say: `python recorder.py FOLDER server --port 0`.

It is the ordinary daemon with the adapters of the real agents wrapped, so a recording has exactly what an adapter is
given and what it yields, in the format of `sandbox_agent.adapter.testing`.
"""

from __future__ import annotations

import dataclasses
import re
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, cast

import msgspec

from sandbox_agent import agents, cli
from sandbox_agent.adapter import Adapter, Agent, Exited, Native, Output, SessionOptions, Spawn, Write
from sandbox_agent.schema.commands import Command

_OPTIONS = {
    "agent_mode": "build",
    "permission_mode": "default",
    "model": None,
    "variant": None,
    "resume": None,
    "instructions": None,
}
"""What a recording must know of its session, unless it is this."""
_RECORDED = ("amp", "claude")


class Recording:
    """One session's adapter, and the file it is written down in."""

    def __init__(self, folder: Path, name: str, inner: Adapter, options: SessionOptions) -> None:
        self._inner = inner
        self._file = (folder / f"{options.session_id}.jsonl").open("w")
        home = options.environ.get("HOME", "")
        self._places = [
            (options.private_dir, "/tmp/private"),  # noqa: S108
            (options.directory, "/tmp/project"),  # noqa: S108
            (options.executable, f"/tmp/{name}"),  # noqa: S108
            (home, "/tmp/home"),  # noqa: S108
        ]
        self.line = b""
        wanted = {name: getattr(options, name) for name in _OPTIONS}
        self._note("=", {name: value for name, value in wanted.items() if value != _OPTIONS[name]})

    @property
    def steerable(self) -> bool:
        return self._inner.steerable

    def command(self, command: Command) -> Iterable[Output]:
        self._note("!", {"command": type(command).__name__, **msgspec.to_builtins(command)})
        yield from self._written(self._inner.command(command))

    def message(self, message: Native) -> Iterable[Output]:
        self._note("<", _trimmed(msgspec.json.decode(self.line)))
        yield from self._written(self._inner.message(message))

    def exited(self, exit: Exited) -> Iterable[Output]:
        self._note("x", msgspec.to_builtins(exit))
        yield from self._written(self._inner.exited(exit))

    def _written(self, outputs: Iterable[Output]) -> Iterable[Output]:
        for output in outputs:
            if isinstance(output, Write):
                self._note(">", msgspec.json.decode(output.data))
            elif isinstance(output, Spawn):
                self._note("#", {"argv": output.argv})
            yield output

    def _note(self, mark: str, value: Any) -> None:
        text = msgspec.json.encode(value).decode()
        for place, instead in self._places:
            if place:
                text = text.replace(place, instead).replace(place.replace("/", "-").replace("_", "-"), "-tmp-place")
        text = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:8080", text)
        # The CLI shortens descriptions, and with them paths.
        text = re.sub(r'[^\s"\\]*pytest-of-[^\s"\\]*', "/tmp/project", text)  # noqa: S108
        self._file.write(f"{mark} {text}\n")
        self._file.flush()


def _trimmed(line: Any) -> Any:
    """A line without the long lists that every start and every turn repeats."""
    if not isinstance(line, dict):
        return line
    message = _without_threads(cast("dict[str, Any]", line))
    if message.get("subtype") == "init":
        return {key: value for key, value in message.items() if not isinstance(value, list | dict)}
    if message.get("type") == "result":
        return {key: value for key, value in message.items() if key != "subagent_stats"}
    response = message.get("response")
    if isinstance(response, dict) and isinstance(cast("dict[str, Any]", response).get("response"), dict):
        inner = cast("dict[str, Any]", response)["response"]
        short = {key: value for key, value in inner.items() if key in ("pid", "still_queued")}
        return {**message, "response": {**response, "response": short}}
    return message


def _without_threads(line: dict[str, Any]) -> dict[str, Any]:
    """A line of Codex without all that it says of a thread but its id."""
    for part in ("params", "result"):
        told = line.get(part)
        if isinstance(told, dict) and "thread" in told:
            fields = cast("dict[str, Any]", told)
            named = {"thread": {"id": fields["thread"]["id"]}}
            kept = {key: fields[key] for key in ("model", "reasoningEffort") if key in fields}
            line = {**line, part: {**named, **kept}}
    return line


def recorded(agent: Agent, folder: Path) -> Agent:
    """The agent, with its sessions written down in `folder`."""
    started: list[Recording] = []

    def adapter(options: SessionOptions) -> Adapter:
        recording = Recording(folder, agent.name, agent.adapter(options), options)
        started.append(recording)
        return recording

    def decode(line: bytes) -> Native:
        native = agent.decode(line)
        for recording in started:
            recording.line = line
        return native

    return dataclasses.replace(agent, adapter=cast("Callable[[SessionOptions], Adapter]", adapter), decode=decode)


def main(arguments: list[str]) -> int:
    folder = Path(arguments[0]).absolute()
    folder.mkdir(parents=True, exist_ok=True)
    table = cast("dict[str, Agent]", agents.AGENTS)
    for name in table.keys() - {"mock"}:
        table[name] = recorded(table[name], folder)
    return cli.main(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
