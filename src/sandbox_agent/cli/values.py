"""What is typed after an option, as the JSON value of a request."""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

__all__ = ["absolute", "attachment", "json_file", "json_value", "message", "skill"]


def json_value(text: str) -> Any:
    """JSON, or `@FILE` with JSON in it."""
    return json_file(text[1:]) if text.startswith("@") else _parsed(text, "this")


def json_file(name: str) -> Any:
    """What a JSON file says; `-` is standard input."""
    try:
        data = sys.stdin.read() if name == "-" else Path(name).read_text()
    except (OSError, UnicodeDecodeError) as error:
        raise argparse.ArgumentTypeError(f"{name} cannot be read: {_why(error)}") from error
    return _parsed(data, name)


def message(text: str) -> str:
    """The message; `-` is standard input."""
    return sys.stdin.read() if text == "-" else text


def absolute(path: str) -> str:
    """A path that means the same wherever the server runs on this machine."""
    return os.path.abspath(path)  # noqa: PTH100 - `..` and a closing slash go too


def attachment(path: str) -> dict[str, str]:
    """A file that goes with a message."""
    return {"path": absolute(path)}


def skill(text: str) -> Any:
    """Where a skill comes from: a folder of this machine, or a source as JSON."""
    return _parsed(text, "this") if text.startswith("{") else {"type": "local", "source": absolute(text)}


def _parsed(text: str, name: str) -> Any:
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{name} is not JSON: {error}") from error


def _why(error: OSError | UnicodeDecodeError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)
