"""As much of Docker and of Kubernetes as the deploy guides use; their sandboxes are processes of this machine."""

from __future__ import annotations

import base64
import contextlib
import json
import re
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

__all__ = ["DockerEngine", "Kubernetes", "Service"]

COMMAND = Path(sys.executable).with_name("sandbox-agent")


class Service:
    """What a provider keeps: the objects that were asked for, and the servers that run for them."""

    ROUTES: ClassVar[dict[str, str]] = {}
    """Method and path as a pattern, and the name of what answers: `(body, *groups) -> answer`."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.bodies: dict[str, Any] = {}
        self.servers: dict[str, subprocess.Popen[str]] = {}
        self.url = ""

    def answer(self, method: str, path: str, body: Any) -> tuple[int, Any]:
        """The answer to a request; 404 to what is not known."""
        self.asked.append(f"{method} {path}")
        for pattern, name in self.ROUTES.items():
            if found := re.fullmatch(pattern, f"{method} {path.partition('?')[0]}"):
                said: tuple[int, Any] = getattr(self, name)(body, *found.groups())
                return said
        return 404, {"message": f"{method} {path} is not known here"}

    def serve(self, name: str, host: str, port: int, token: str) -> str:
        """Start the real server; the port it listens on."""
        argv = [str(COMMAND), "server", "--host", host, "--port", str(port)]
        environ = {"HOME": tempfile.gettempdir(), "PATH": "/usr/bin:/bin", "SANDBOX_AGENT_TOKEN": token}
        process = subprocess.Popen(argv, env=environ, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.servers[name] = process
        assert process.stdout is not None
        found = re.search(r"http://[^:]+:(\d+)", process.stdout.readline())
        assert found is not None
        return found[1]

    def end(self, name: str) -> None:
        """End a server that runs, if it does."""
        if process := self.servers.pop(name, None):
            process.terminate()
            process.communicate(timeout=60)

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """Serve on a loopback port meanwhile; `url` says where."""
        service = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_any(self) -> None:
                length = int(self.headers.get("content-length") or 0)
                body = json.loads(self.rfile.read(length) or b"null")
                status, said = service.answer(self.command, self.path, body)
                content = json.dumps(said).encode() if said is not None else b""
                self.send_response(status)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = handle_any  # noqa: N815 - named by the library

            def log_message(self, format: str, *args: object) -> None:
                pass

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            self.url = f"http://127.0.0.1:{server.server_address[1]}"
            serving = threading.Thread(target=server.serve_forever)
            serving.start()
            try:
                yield
            finally:
                server.shutdown()
                serving.join()
                for name in [*self.servers]:
                    self.end(name)


class DockerEngine(Service):
    """A Docker engine that knows one image, ours."""

    ROUTES: ClassVar = {
        r"GET (?:/v[\d.]+)?/version": "version",
        r"POST (?:/v[\d.]+)?/containers/create": "create",
        r"POST (?:/v[\d.]+)?/containers/(\w+)/start": "start",
        r"GET (?:/v[\d.]+)?/containers/(\w+)/json": "inspect",
        r"DELETE (?:/v[\d.]+)?/containers/(\w+)": "remove",
    }
    port = "0"

    def version(self, _: Any) -> tuple[int, Any]:
        return 200, {"ApiVersion": "1.48", "MinAPIVersion": "1.24", "Version": "28.0.0"}

    def create(self, body: Any) -> tuple[int, Any]:
        if body["Image"] not in {"sandbox-agent", "sandbox-agent:latest"}:
            return 404, {"message": "No such image"}
        self.bodies["container"] = body
        return 201, {"Id": "container", "Warnings": []}

    def start(self, _: Any, name: str) -> tuple[int, Any]:
        variables = dict(each.split("=", 1) for each in self.bodies[name]["Env"])
        self.port = self.serve(name, "127.0.0.1", 0, variables["SANDBOX_AGENT_TOKEN"])
        return 204, None

    def inspect(self, _: Any, name: str) -> tuple[int, Any]:
        ports = {"2468/tcp": [{"HostIp": "127.0.0.1", "HostPort": self.port}]}
        return 200, {"Id": name, "Image": "sha256:1", "NetworkSettings": {"Ports": ports}, "Config": {}}

    def remove(self, _: Any, name: str) -> tuple[int, Any]:
        self.end(name)
        del self.bodies[name]
        return 204, None


class Kubernetes(Service):
    """An API server with one node: pods and Sandboxes run at once, at an address of loopback that is theirs alone."""

    HOST = "127.0.0.57"
    ROUTES: ClassVar = {
        r"POST /api/v1/namespaces/default/(secrets)": "create",
        r"POST /api/v1/namespaces/default/(pods)": "create",
        r"POST /apis/agents.x-k8s.io/v1beta1/namespaces/default/(sandboxes)": "create",
        r"GET /api/v1/namespaces/default/(pods)/([\w-]+)": "read",
        r"DELETE /api/v1/namespaces/default/(secrets)/([\w-]+)": "delete",
        r"DELETE /api/v1/namespaces/default/(pods)": "delete",
        r"DELETE /apis/agents.x-k8s.io/v1beta1/namespaces/default/(sandboxes)/([\w-]+)": "delete",
    }

    def create(self, body: Any, kind: str) -> tuple[int, Any]:
        self.bodies[kind] = body
        if kind != "secrets":
            spec = body["spec"] if kind == "pods" else body["spec"]["podTemplate"]["spec"]
            (wanted,) = (each["secret"]["secretName"] for each in spec["volumes"] if each["name"] == "token")
            secret = self.bodies["secrets"]
            assert secret["metadata"]["name"] == wanted
            self.serve(kind, self.HOST, 2468, token_of(secret))
        return 201, body

    def read(self, _: Any, kind: str, name: str) -> tuple[int, Any]:
        assert self.bodies[kind]["metadata"]["name"] == name
        return 200, {**self.bodies[kind], "status": {"phase": "Running", "podIP": self.HOST}}

    def delete(self, _: Any, kind: str, *__: str) -> tuple[int, Any]:
        self.end(kind)
        del self.bodies[kind]
        return 200, {"kind": "Status", "apiVersion": "v1", "status": "Success"}


def token_of(secret: Any) -> str:
    """The token in a secret, however it was written."""
    if "stringData" in secret:
        return str(secret["stringData"]["token"])
    return base64.b64decode(secret["data"]["token"]).decode()
