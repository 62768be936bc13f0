"""A tool server that asks its user before it answers (an MCP elicitation), over standard streams."""

from __future__ import annotations

import json
import sys
from typing import Any

SCHEMA = {"type": "object", "properties": {"name": {"type": "string"}, "sure": {"type": "boolean"}}}


def say(**line: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **line}) + "\n")
    sys.stdout.flush()


calls: list[int] = []
for text in sys.stdin:
    line = json.loads(text)
    match line.get("method"):
        case "initialize":
            version = line["params"]["protocolVersion"]
            info = {"name": "asking", "version": "1"}
            say(id=line["id"], result={"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": info})
        case "tools/list":
            tool = {"name": "greet", "description": "Greets", "inputSchema": {"type": "object", "properties": {}}}
            say(id=line["id"], result={"tools": [tool]})
        case "tools/call":
            calls.append(line["id"])
            say(id="ask", method="elicitation/create", params={"message": "Whom?", "requestedSchema": SCHEMA})
        case None if line.get("id") == "ask":
            content = [{"type": "text", "text": json.dumps(line.get("result"))}]
            say(id=calls.pop(), result={"content": content})
        case _ if "id" in line:
            say(id=line["id"], result={})
        case _:
            pass
