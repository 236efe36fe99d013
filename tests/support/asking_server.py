"""A server that asks its client whatever the call says, in both eras, and tells what came back."""

from __future__ import annotations

import json
from typing import Any

from mcp_magics.playground.plain_server import Message, Settings, WellBehaved, mapping, text_result

_ANY = {"type": "object", "additionalProperties": True}
URL_REQUIRED = -32042


def _told(value: Any) -> Message:
    return text_result(json.dumps(value)) | {"structuredContent": value}


class Asking(WellBehaved):
    """``ask method params``, ``wants`` with a whole result that asks, ``late``, ``visit url``, ``alarm`` and others."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.sent = 0
        self.heard: list[str] = []
        self.visits = 0

    def capabilities(self) -> Message:
        return {"tools": {}, "prompts": {}, "experimental": {"com.example/greeting": {"words": ["hello"]}}}

    def tools(self, _params: Message) -> Message:
        names = ("ask", "visit", "alarm", "heard", "late", "declared", "never", "wants")
        return {"tools": [{"name": name, "inputSchema": _ANY} for name in names]}

    def note(self, message: Message) -> None:
        if "method" in message:
            self.heard.append(message["method"])
        else:
            self.heard.append(json.dumps(message.get("result", message.get("error"))))

    def respond(self, request: Message) -> None:
        params = mapping(request.get("params"))
        name, arguments = params.get("name"), mapping(params.get("arguments"))
        if name == "visit" and self.visits < 1:
            self.visits += 1
            wanted = [{"mode": "url", "message": "Sign in", "url": arguments["url"], "elicitationId": "v-1"}]
            error = {"code": URL_REQUIRED, "message": "sign in first", "data": {"elicitations": wanted}}
            self.send({"jsonrpc": "2.0", "id": request["id"], "error": error})
        elif name == "never":
            self.push("elicitation/create", arguments)
        elif request["method"] == "prompts/get":
            asked = self.asked("elicitation/create", {"message": "For whom?", "requestedSchema": _ANY}, params)
            self.send({"jsonrpc": "2.0", "id": request["id"], "result": self._prompt(asked)})
        else:
            super().respond(request)

    def _prompt(self, asked: Message) -> Message:
        if asked.get("resultType") == "input_required":
            return self.dressed(asked)
        said = {"role": "user", "content": {"type": "text", "text": json.dumps(asked)}}
        return self.dressed({"messages": [said]})

    def call(self, params: Message) -> Message:
        arguments = mapping(params.get("arguments"))
        match params.get("name"):
            case "ask":
                found = self.asked(arguments["method"], mapping(arguments.get("params")), params)
                return found if found.get("resultType") == "input_required" else _told(found)
            case "wants":
                answered = {key: params[key] for key in ("inputResponses", "requestState") if key in params}
                return _told(answered) if answered else {"resultType": "input_required", **arguments}
            case "alarm":
                self.send({"jsonrpc": "2.0", "method": "notifications/com.example/alarm", "params": arguments})
            case "late":
                self.push("elicitation/create", {"message": "Anybody?", "requestedSchema": _ANY})
            case "declared":
                return _told(self.declared)
        return _told({"heard": self.heard})

    def handshake(self, params: Message) -> Message:
        self.declared = mapping(params.get("capabilities"))
        return super().handshake(params)

    def reply(self, request: Message) -> Message:
        meta = mapping(mapping(request.get("params")).get("_meta"))
        self.declared = meta.get("io.modelcontextprotocol/clientCapabilities", getattr(self, "declared", {}))
        return super().reply(request)

    def push(self, method: str, params: Message) -> str:
        self.sent += 1
        number = f"asked-{self.sent}"
        self.send({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
        return number

    def asked(self, method: str, params: Message, of: Message) -> Message:
        """What came back; in the stateless era first the result that asks."""
        if "inputResponses" in of:
            return mapping(of["inputResponses"]["it"])
        if self.is_modern and "com.example" not in method:
            return {"resultType": "input_required", "inputRequests": {"it": {"method": method, "params": params}}}
        number = self.push(method, params)
        for line in self.channel.lines():
            message = json.loads(line)
            if message.get("id") == number and "method" not in message:
                if "elicitationId" in params:
                    done = {"elicitationId": params["elicitationId"]}
                    self.send({"jsonrpc": "2.0", "method": "notifications/elicitation/complete", "params": done})
                return mapping(message.get("result", {"error": message.get("error")}))
            self.receive(line)
        return {}


if __name__ == "__main__":
    Asking(Settings()).run()
