"""A stdio server that pings its client (2025-11-25 basic/utilities/ping) and tells how quickly it was answered."""

from __future__ import annotations

import json
import sys
import threading
import time
from typing import Any

INTERVAL = 0.2
NO_ARGUMENTS = {"type": "object"}


class Pinger:
    """What was asked, and how long each answer took (seconds)."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sent: dict[str, float] = {}
        self.delays: list[float] = []

    def say(self, message: dict[str, Any]) -> None:
        """Send one message."""
        with self._lock:
            sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
            sys.stdout.flush()

    def ping_for_ever(self) -> None:
        """Ping, and say so in a log message, until the process ends."""
        for number in range(10**9):
            time.sleep(INTERVAL)
            self._sent[f"ping-{number}"] = time.monotonic()
            self.say({"id": f"ping-{number}", "method": "ping"})
            self.say({"method": "notifications/message", "params": {"level": "info", "data": f"ping {number}"}})

    def answered(self, request_id: str) -> None:
        """An answer came."""
        self.delays.append(time.monotonic() - self._sent.pop(request_id))

    def report(self) -> dict[str, Any]:
        """The pings answered since the last report, the slowest of them, and how many are still open."""
        delays, self.delays = self.delays, []
        late = [time.monotonic() - sent for sent in list(self._sent.values())]
        return {"answered": len(delays), "slowest": max([*delays, *late], default=0.0)}

    def handle(self, message: dict[str, Any]) -> None:
        """Answer one message of the client's."""
        if "method" not in message:
            self.answered(message["id"])
        elif message["method"] == "initialize":
            self.say({"id": message["id"], "result": _introduction(message["params"]["protocolVersion"])})
            threading.Thread(target=self.ping_for_ever, daemon=True).start()
        elif message["method"] == "tools/list":
            self.say({"id": message["id"], "result": {"tools": [{"name": "report", "inputSchema": NO_ARGUMENTS}]}})
        elif message["method"] == "tools/call":
            report = self.report()
            content = [{"type": "text", "text": json.dumps(report)}]
            self.say({"id": message["id"], "result": {"content": content, "structuredContent": report}})
        elif "id" in message:
            self.say({"id": message["id"], "error": {"code": -32601, "message": "Method not found"}})


def _introduction(version: str) -> dict[str, Any]:
    return {
        "protocolVersion": version,
        "capabilities": {"tools": {}, "logging": {}},
        "serverInfo": {"name": "pinging", "version": "1"},
    }


if __name__ == "__main__":
    pinger = Pinger()
    for line in sys.stdin:
        pinger.handle(json.loads(line))
