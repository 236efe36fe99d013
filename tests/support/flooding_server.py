"""A stdio server of too much: it lists as many tools as its argument says, and any call floods progress first."""

from __future__ import annotations

import json
import sys
from typing import Any

PROPERTIES = {"n": {"type": "integer"}, "b": {"type": "string"}}
SCHEMA = {"type": "object", "properties": PROPERTIES}


def say(**message: Any) -> None:
    """Write one message."""
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")


def result(method: str, params: dict[str, Any], tools: int) -> dict[str, Any] | None:
    """The result of one request, or None where there is no such method."""
    if method == "initialize":
        info = {"name": "flooding", "version": "1"}
        return {"protocolVersion": params["protocolVersion"], "capabilities": {"tools": {}}, "serverInfo": info}
    if method == "tools/list":
        description = "A tool of very many. " * 4
        return {
            "tools": [{"name": f"tool_{n}", "description": description, "inputSchema": SCHEMA} for n in range(tools)]
        }
    if method == "tools/call":
        token = params["_meta"]["progressToken"]
        for number in range(params["arguments"]["n"]):
            say(
                method="notifications/progress",
                params={"progressToken": token, "progress": number, "message": "x" * 50},
            )
        return {"content": []}
    return None


if __name__ == "__main__":
    for line in sys.stdin:
        asked = json.loads(line)
        if "id" in asked:
            answer = result(asked["method"], asked.get("params", {}), int(sys.argv[1]))
            error = {"code": -32601, "message": "Method not found"}
            say(id=asked["id"], **({"error": error} if answer is None else {"result": answer}))
            sys.stdout.flush()
