"""An agent that is an HTTP server, for the tests of the link: standard library only, run as `python -I -S web.py`."""

from __future__ import annotations

import base64
import json
import os
import queue
import socket
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

SECRET = "WEB_SECRET"
MANNERS = set(sys.argv[1:])
"""`mute` never says where it listens; `closed` has no event stream; `late` says that one is subscribed
before that is so."""


ODD = {"/broken": b'{"a": ', "/half": rb'{"a": "\ud83d"}', "/deep": b'{"a": ' * 1000 + b"1" + b"}" * 1000}
"""By path: what is no JSON, and what only JavaScript would read."""


class Handler(BaseHTTPRequestHandler):
    streams: list[queue.Queue[str | None]] = []  # noqa: RUF012
    subscribers = 0
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        self.answer()

    def do_POST(self) -> None:
        self.answer()

    def answer(self) -> None:
        path, query = urlsplit(self.path).path, dict(parse_qsl(urlsplit(self.path).query))
        content = self.rfile.read(int(self.headers.get("content-length", 0)))
        wanted = base64.b64encode(f"me:{os.environ[SECRET]}".encode()).decode()
        if self.headers.get("authorization") != f"Basic {wanted}":
            self.say(401, b"")
        elif path == "/events" and "closed" not in MANNERS:
            self.stream()
        elif path == "/echo":
            body = json.loads(content) if content else None
            self.say(200, json.dumps({"method": self.command, "query": query, "body": body}).encode())
        elif path == "/tell":
            self.tell(json.loads(content))
            self.say(204, b"")
        elif path == "/cut":
            self.tell([None])
            self.say(200, b"true")
        elif path == "/long":
            self.say(200, b'"' + b"a" * int(query["size"]) + b'"')
        elif path == "/page":
            self.say(200, b"<html>", "text/html")
        elif path in ODD:
            self.say(200, ODD[path])
        elif path == "/hang-up":
            self.connection.shutdown(socket.SHUT_RDWR)
        elif path == "/never":
            time.sleep(1000)
        elif path == "/exit":
            os._exit(int(query["code"]))
        else:
            self.say(404, b'{"error": "no such path"}')

    def say(self, status: int, content: bytes, kind: str = "application/json") -> None:
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def tell(self, events: list[str | None]) -> None:
        for each in self.streams:
            for event in events:
                each.put(event)

    def stream(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        mine: queue.Queue[str | None] = queue.Queue()
        Handler.subscribers += 1
        greeting = f'data: "subscriber {Handler.subscribers}"\n\n'.encode()
        if "late" in MANNERS:
            self.wfile.write(greeting)
            time.sleep(0.2)
            self.streams.append(mine)
        else:
            self.streams.append(mine)
            self.wfile.write(greeting)
        while (event := mine.get()) is not None:
            self.wfile.write(f"data: {event}\n\n".encode())
        self.streams.remove(mine)
        self.close_connection = True


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    say("warming up")
    if "mute" not in MANNERS:
        say(f"web listens on http://127.0.0.1:{server.server_port} now")
    time.sleep(300)


if __name__ == "__main__":
    main()
