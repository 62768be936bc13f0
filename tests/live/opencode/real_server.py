"""A real `opencode serve`, to compare the mount with, and the document that it gives of itself."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import jsonschema
from tests.live.daemon import clean_environ

_MORE = {
    "message.part.updated": {"delta"},
    "permission.replied": {"permissionID", "response"},
}
"""What we say beside, for clients of earlier releases."""


class RealServer:
    """Ready when it is made."""

    def __init__(self, binary: Path, home: Path, place: Path, env: Mapping[str, str]) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        manners = {
            "OPENCODE_DISABLE_AUTOUPDATE": "1",
            "OPENCODE_DISABLE_LSP_DOWNLOAD": "1",
            "OPENCODE_DISABLE_SHARE": "1",
        }
        self._process = subprocess.Popen(
            [str(binary), "serve", "--hostname=127.0.0.1", f"--port={port}"],
            env={**clean_environ(home), **env, **manners},
            cwd=place,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        self.url = f"http://127.0.0.1:{port}"
        assert self._process.stdout is not None
        said = b""
        while b"listening" not in said:
            said = self._process.stdout.readline()
            assert said, "no OpenCode server"
        self._validators: dict[str, jsonschema.Draft202012Validator] = {}
        self.document: dict[str, Any] = httpx.get(f"{self.url}/doc", timeout=60, trust_env=False).json()

    def close(self) -> None:
        self._process.kill()
        self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()

    def check(self, method: str, path: str, body: Any) -> None:
        """Raise unless the body is what the document says of a 200."""
        answer = self.document["paths"][path][method.lower()]["responses"]["200"]
        self._validate(body, answer["content"]["application/json"]["schema"])

    def check_event(self, event: Mapping[str, Any]) -> None:
        """Raise unless the event is one that the document knows; what we add on purpose is left out."""
        kind = event["type"]
        properties = {name: each for name, each in event["properties"].items() if name not in _MORE.get(kind, ())}
        if kind == "todo.updated":
            properties["todos"] = [{**each} for each in properties["todos"]]
            for each in properties["todos"]:
                del each["id"]
        if kind not in self._validators:
            self._validators[kind] = self._validator(self._events()[kind])
        self._validators[kind].validate({**event, "properties": properties})

    def _events(self) -> dict[str, Any]:
        schemas = self.document["components"]["schemas"]
        return {
            kinds[0]: schema
            for name, schema in schemas.items()
            if name.startswith("Event")
            and "id" in schema.get("required", ())
            and (kinds := schema.get("properties", {}).get("type", {}).get("enum"))
        }

    def _validate(self, value: Any, schema: Any) -> None:
        self._validator(schema).validate(value)

    def _validator(self, schema: Any) -> jsonschema.Draft202012Validator:
        return jsonschema.Draft202012Validator({**schema, "components": self.document["components"]})


def missing(theirs: Any, ours: Any, path: str = "$") -> Iterator[str]:
    """The keys that theirs has and ours has not; of lists the first elements are compared."""
    if isinstance(theirs, dict):
        for name, value in theirs.items():
            if name not in ours:
                yield f"{path}.{name}"
            else:
                yield from missing(value, ours[name], f"{path}.{name}")
    elif isinstance(theirs, list) and theirs:
        if ours:
            yield from missing(theirs[0], ours[0], f"{path}[0]")
        else:
            yield f"{path}[0]"
