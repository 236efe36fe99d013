"""A stdio server that runs its tools as tasks, in the words of either era: ``python task_server.py [ERAS]``."""

from __future__ import annotations

import itertools
import json
import sys
from typing import Any

from mcp_magics.playground.plain_server import Message, Settings, WellBehaved, _RpcError, text_result

EXTENSION = "io.modelcontextprotocol/tasks"
RELATED = "io.modelcontextprotocol/related-task"
AT = "2026-01-01T00:00:00Z"
FORM = {
    "message": "Which one?",
    "requestedSchema": {"type": "object", "properties": {"which": {"type": "string"}}, "required": ["which"]},
}
SUPPORT = {"crunch": "required", "perhaps": "optional", "plain": None}


class Tasks(WellBehaved):
    """Each look at a task moves it on; ``mode`` says how it ends. ``seen`` gives back the methods it was sent."""

    name = "tasks"

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self.kept: dict[str, dict[str, Any]] = {}
        self.seen: list[str] = []
        self.numbers = itertools.count(1)
        self.waiting: Message | None = None

    def receive(self, line: bytes) -> None:
        message = json.loads(line)
        if "method" in message:
            self.seen.append(message["method"])
            super().receive(line)
        elif self.waiting is not None:  # the answer to the question of the waiting tasks/result
            request, self.waiting = self.waiting, None
            meta = message.get("result", {}).get("_meta", {})
            answer = {"answer": message["result"].get("content"), "related": RELATED in meta}
            self.send({"jsonrpc": "2.0", "id": request["id"], "result": self.ended(request, json.dumps(answer))})

    def ended(self, request: Message, text: str) -> Message:
        task_id = request["params"]["taskId"]
        self.kept[task_id]["status"] = "completed"
        return text_result(text) | {"_meta": {RELATED: {"taskId": task_id}}}

    def handshake(self, params: Message) -> Message:
        tasks: Message = {"list": {}, "cancel": {}, "requests": {"tools": {"call": {}}}}
        self.client = params["capabilities"]
        return super().handshake(params) | {"capabilities": {"tools": {}, "tasks": tasks}}

    def tools(self, _params: Message) -> Message:
        return {
            "tools": [
                {"name": name, "inputSchema": {"type": "object"}} | ({"execution": {"taskSupport": it}} if it else {})
                for name, it in SUPPORT.items()
            ]
            + [
                {"name": "seen", "inputSchema": {"type": "object"}},
                {"name": "client", "inputSchema": {"type": "object"}},
            ]
        }

    def respond(self, request: Message) -> None:
        params = request.get("params") or {}
        if request["method"] == "tasks/result" and self.kept[params["taskId"]]["mode"] == "asks":
            if self.kept[params["taskId"]]["status"] == "input_required":
                self.waiting = request
                meta = {"_meta": {RELATED: {"taskId": params["taskId"]}}}
                question = {"jsonrpc": "2.0", "id": "q", "method": "elicitation/create", "params": FORM | meta}
                self.send(question)
                return
        super().respond(request)

    def result(self, method: str, params: Message) -> Message:
        if method == "server/discover" and self.settings.eras != "legacy":
            found = super().result(method, params)
            return found | {"capabilities": {"tools": {}, "extensions": {EXTENSION: {}}}}
        if method.startswith("tasks/"):
            return self.about_tasks(method, params)
        return super().result(method, params)

    def call(self, params: Message) -> Message:
        arguments = params.get("arguments") or {}
        if params["name"] == "seen":
            return text_result(json.dumps(self.seen))
        if params["name"] == "client":
            meta = params.get("_meta", {})
            return text_result(json.dumps(meta.get("io.modelcontextprotocol/clientCapabilities") or self.client))
        if SUPPORT[params["name"]] == "required" and not self.is_modern and "task" not in params:
            raise _RpcError(-32601, "Task augmentation required")
        if not self.is_modern and "task" not in params:
            return text_result("done at once")
        task_id = f"task-{next(self.numbers)}"
        mode, ttl = arguments.get("mode", "quick"), (params.get("task") or {}).get("ttl")
        self.kept[task_id] = {"status": "working", "mode": mode, "looks": 0, "ttl": ttl, "answers": None}
        state = self.state(task_id)
        return {"resultType": "task", **state} if self.is_modern else {"task": state}

    def state(self, task_id: str) -> Message:
        task = self.kept[task_id]
        times = (
            {"ttlMs": task["ttl"], "pollIntervalMs": 50} if self.is_modern else {"ttl": task["ttl"], "pollInterval": 50}
        )
        words = {"statusMessage": f"look {task['looks']}"}
        return {"taskId": task_id, "status": task["status"], "createdAt": AT, "lastUpdatedAt": AT, **times, **words}

    def about_tasks(self, method: str, params: Message) -> Message:
        if method == "tasks/list":
            return {"tasks": [self.state(each) for each in self.kept]}
        task = self.kept.get(params["taskId"])
        if task is None:
            raise _RpcError(-32602, "Failed to retrieve task: Task not found")
        match method:
            case "tasks/get":
                return self.looked_at(params["taskId"], task)
            case "tasks/update":
                task["answers"], task["status"] = params["inputResponses"], "completed"
                return {}
            case "tasks/cancel":
                task["status"] = "cancelled"
                return {} if self.is_modern else self.state(params["taskId"])
            case "tasks/result":
                if task["mode"] == "fails":
                    raise _RpcError(-32603, "the machine broke")
                return text_result("the end") | {"_meta": {RELATED: {"taskId": params["taskId"]}}}
        raise _RpcError(-32601, "Method not found")

    def looked_at(self, task_id: str, task: Message) -> Message:
        task["looks"] += 1
        if task["mode"] == "gone" and task["looks"] > 1:
            del self.kept[task_id]
            raise _RpcError(-32602, "Failed to retrieve task: Task has expired")
        if task["mode"] == "odd" and task["looks"] > 1:
            return {"taskId": 7}
        if task["looks"] == 2 and task["status"] == "working":
            ends = {"quick": "completed", "fails": "failed", "cancels": "cancelled", "asks": "input_required"}
            task["status"] = ends.get(task["mode"], "working")
        return self.state(task_id) | (self.payload(task) if self.is_modern else {})

    def payload(self, task: Message) -> Message:
        match task["status"]:
            case "input_required":
                params = FORM | {"mode": "form"}
                return {"inputRequests": {"one": {"method": "elicitation/create", "params": params}}}
            case "completed":
                answers = task["answers"]
                return {"result": text_result(json.dumps(answers) if answers else "the end") | {"huge": 1e300}}
            case "failed":
                return {"error": {"code": -32603, "message": "the machine broke"}}
        return {}


if __name__ == "__main__":
    Tasks(Settings(eras=sys.argv[1] if len(sys.argv) > 1 else "both")).run()
