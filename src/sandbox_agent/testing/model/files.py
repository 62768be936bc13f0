"""Scripts in files, TOML or JSON. A mistake is reported with its place."""

from __future__ import annotations

import tomllib
from importlib import resources
from pathlib import Path

import msgspec

from sandbox_agent.testing.model.script import Script

__all__ = ["ScriptError", "bundled_scripts", "load_script", "parse_script"]

_BUNDLED = resources.files("sandbox_agent.testing").joinpath("scripts")


class ScriptError(ValueError):
    """A script that cannot be played. Its text says where the mistake is."""


def bundled_scripts() -> tuple[str, ...]:
    """Names of the scripts that come with the package."""
    names = (each.name for each in _BUNDLED.iterdir())
    return tuple(sorted(name.removesuffix(".toml") for name in names if name.endswith(".toml")))


def load_script(file: str | Path) -> Script:
    """The script in a TOML or JSON file, or the bundled one of this name. Raises ScriptError."""
    path = Path(file)
    if not path.suffix and str(file) in bundled_scripts():
        return parse_script(_BUNDLED.joinpath(f"{file}.toml").read_text(encoding="utf-8"), f"{file}.toml")
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as problem:
        names = ", ".join(bundled_scripts())
        raise ScriptError(f"{path}: {problem.strerror or problem} (bundled scripts: {names})") from problem
    except UnicodeDecodeError as problem:
        raise ScriptError(f"{path}: not UTF-8 (byte {problem.start})") from problem
    return parse_script(text, str(path))


def parse_script(text: str, name: str) -> Script:
    """The script written in `text`; JSON if `name` ends in `.json`, else TOML. Raises ScriptError."""
    try:
        if name.endswith(".json"):
            return msgspec.json.decode(text, type=Script)
        return msgspec.convert(tomllib.loads(text), Script)
    except msgspec.ValidationError as problem:
        raise ScriptError(f"{name}: {_plain(str(problem))}") from problem
    except msgspec.DecodeError as problem:
        raise ScriptError(f"{name}: {_with_line(text, str(problem))}") from problem
    except tomllib.TOMLDecodeError as problem:
        raise ScriptError(f"{name}: {problem}") from problem


def _plain(message: str) -> str:
    """`$.replies[0].steps[1].status` without the mark of the root and the quotes."""
    what, _, where = message.rpartition(" - at ")
    return f"{where.strip('`').removeprefix('$').removeprefix('.')}: {what}" if what else message


def _with_line(text: str, message: str) -> str:
    what, found, position = message.partition(" (byte ")
    if not found:
        return message
    before = text.encode()[: int(position.rstrip(")"))]
    line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
    return f"{what} (at line {line}, column {column})"
