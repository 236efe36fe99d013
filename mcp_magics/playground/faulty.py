"""A stdio MCP server that breaks the protocol in one chosen way, to try clients with.

It is the plain server, because no library would write what this one must. Each fault is a class that overrides the
one step it spoils; its docstring is its description.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from typing import Any

from mcp_magics.playground.plain_server import (
    ECHO,
    Message,
    Settings,
    WellBehaved,
    object_schema,
    text_result,
)

_PAGES = 200
_STDERR_FLOOD_BYTES = 1024 * 1024
_LONGEST_LIFE_SECONDS = 600


class _OnCalls(WellBehaved):
    """A server that behaves until a tool is called."""

    def respond(self, request: Message) -> None:
        if request["method"] == "tools/call":
            self.spoil(request)
        else:
            super().respond(request)

    def spoil(self, request: Message) -> None:
        """Do to a call what this fault does."""
        raise NotImplementedError


class _ExitsAtOnce(WellBehaved):
    """Ends with status 3 before it reads anything, and says why on stderr."""

    name = "exits-at-once"

    def start(self) -> None:
        sys.stderr.write("faulty: FAULTY_API_KEY is not set\n")
        sys.exit(3)


class _HangsAtStart(WellBehaved):
    """Reads, and never answers anything."""

    name = "hangs-at-start"

    def respond(self, request: Message) -> None:
        pass


class _Noise(WellBehaved):
    """Prints prose, JSON that is no JSON-RPC, colours and broken UTF-8 on stdout around its answers."""

    name = "noise"

    def start(self) -> None:
        self.write(b"Starting faulty 1.0.0 ...\n\n\x1b[32mready\x1b[0m\n")

    def respond(self, request: Message) -> None:
        self.write(b'{"level": "info", "msg": "handling ' + str(request["method"]).encode() + b'"}\n\xff\xfe\n')
        super().respond(request)
        self.write(b"handled, have a nice day\r\n[1, 2\n")


class _Garbage(WellBehaved):
    """Answers every request with something that is not JSON."""

    name = "garbage"

    def respond(self, request: Message) -> None:
        self.write(b"<html><body>It works! (" + str(request["id"]).encode() + b")</body></html>\n")


class _CloseMidCall(_OnCalls):
    """Dies in the middle of its answer to a call, with status 9 and a line on stderr."""

    name = "close-mid-call"

    def spoil(self, request: Message) -> None:
        frame = json.dumps(self.reply(request)).encode()
        self.write(frame[: len(frame) // 2])
        sys.stderr.write("faulty: out of memory (not really)\n")
        sys.stderr.flush()
        os._exit(9)


class _WrongId(_OnCalls):
    """Answers calls under an id nobody asked with."""

    name = "wrong-id"

    def spoil(self, request: Message) -> None:
        self.send(self.reply(request) | {"id": 1_000_000})


class _SameCursor(WellBehaved):
    """Sends its tools in 200 pages, each but the last with the same cursor."""

    name = "same-cursor"
    sent = 0

    def tools(self, _params: Message) -> Message:
        self.sent += 1
        page: Message = {"tools": [ECHO | {"name": f"echo{self.sent}"}]}
        return page if self.sent % _PAGES == 0 else page | {"nextCursor": "again"}


class _SlowStart(WellBehaved):
    """Waits --delay seconds before it reads anything."""

    name = "slow-start"

    def start(self) -> None:
        time.sleep(self.settings.delay)


class _NoResultType(WellBehaved):
    """Leaves out the resultType that 2026-07-28 requires of every result."""

    name = "no-result-type"

    def dressed(self, result: Message) -> Message:
        whole = super().dressed(result)
        return {key: value for key, value in whole.items() if key != "resultType"}


class _BadToolSchema(WellBehaved):
    """Lists tools whose schemas are missing, of no type or in a circle, beside a good one."""

    name = "bad-tool-schema"

    def tools(self, _params: Message) -> Message:
        circle = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
        return {
            "tools": [
                ECHO,
                _bad_tool("schema_missing"),
                _bad_tool("schema_null", inputSchema=None),
                _bad_tool("schema_a_string", inputSchema="object"),
                _bad_tool("schema_an_array", inputSchema={"type": "array"}),
                _bad_tool("type_unknown", inputSchema={"type": "object", "properties": {"x": {"type": "banana"}}}),
                _bad_tool("properties_a_list", inputSchema={"type": "object", "properties": ["x"]}),
                _bad_tool("required_a_string", inputSchema={"type": "object", "required": "x"}),
                _bad_tool("pattern_broken", inputSchema=object_schema({"x": {"type": "string", "pattern": "("}})),
                _bad_tool("circle", inputSchema=object_schema({"x": circle})),
                _bad_tool("remote", inputSchema=object_schema({"x": {"$ref": "https://example.org/schema.json"}})),
            ]
        }


class _HugeLine(_OnCalls):
    """Answers calls with one line of --size bytes."""

    name = "huge-line"

    def spoil(self, request: Message) -> None:
        head = {"jsonrpc": "2.0", "id": request["id"]}
        self.reply(request)
        empty = json.dumps(head | {"result": self.dressed(text_result(""))}).encode()
        before, after = empty.split(b'"text": ""')
        filling = self.settings.size - len(empty)
        self.write(before + b'"text": "' + b"x" * max(filling, 0) + b'"' + after + b"\n")


class _StderrFlood(WellBehaved):
    """Writes a mebibyte to stderr before each answer, and waits until someone has read it."""

    name = "stderr-flood"

    def respond(self, request: Message) -> None:
        line = f"faulty: {request['method']} ".encode().ljust(127, b".") + b"\n"
        sys.stderr.buffer.write(line * (_STDERR_FLOOD_BYTES // len(line)))
        sys.stderr.buffer.flush()
        super().respond(request)


class _IgnoresSigterm(WellBehaved):
    """Stays when its input ends and when SIGTERM or SIGINT asks it to go (for ten minutes at most)."""

    name = "ignores-sigterm"

    def start(self) -> None:
        for asked in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(asked, signal.SIG_IGN)
        signal.alarm(_LONGEST_LIFE_SECONDS)

    def end(self) -> None:
        while True:
            signal.pause()


class _AsksDuringList(WellBehaved):
    """Asks for ping, roots and a form before it answers tools/list; in the handshake era it waits for each answer."""

    name = "asks-during-list"

    def respond(self, request: Message) -> None:
        if request["method"] == "tools/list":
            reply = self.reply(request)
            for number, (method, params) in enumerate(_QUESTIONS, start=1):
                self.send({"jsonrpc": "2.0", "id": f"faulty-{number}", "method": method, "params": params})
                if not self.is_modern:
                    self.await_answer(f"faulty-{number}")
            self.send(reply)
        else:
            super().respond(request)

    def await_answer(self, request_id: str) -> None:
        """Read on until the answer has come, serving nothing else meanwhile."""
        for line in sys.stdin.buffer:
            message = json.loads(line)
            if isinstance(message, dict) and message.get("id") == request_id and "method" not in message:
                return


class _DuplicateIds(_OnCalls):
    """Answers each call twice, differently."""

    name = "duplicate-ids"

    def spoil(self, request: Message) -> None:
        reply = self.reply(request)
        self.send(reply)
        self.send(reply | {"result": self.dressed(text_result("a second answer"))})


class _NeverAnswers(_OnCalls):
    """Lists its tools and never answers a call."""

    name = "never-answers"

    def spoil(self, request: Message) -> None:
        pass


class _ErrorWithNullId(_OnCalls):
    """Answers calls with an error that names no request."""

    name = "error-with-null-id"

    def spoil(self, request: Message) -> None:
        error = {"code": -32603, "message": f"Internal error in {request['method']}"}
        self.send({"jsonrpc": "2.0", "id": None, "error": error})


class _BadUtf8(_OnCalls):
    """Answers calls with a string that is not UTF-8."""

    name = "bad-utf8"

    def spoil(self, request: Message) -> None:
        self.write(json.dumps(self.reply(request)).encode().replace(b'"text": "', b'"text": "\xff\xc3 ') + b"\n")


def _bad_tool(name: str, **fields: Any) -> Message:
    return {"name": name, "description": "Its schema is bad."} | fields


_QUESTIONS: tuple[tuple[str, Message], ...] = (
    ("ping", {}),
    ("roots/list", {}),
    ("elicitation/create", {"message": "Your name?", "requestedSchema": object_schema({"name": {"type": "string"}})}),
)

_CLASSES: dict[str, type[WellBehaved]] = {
    kind.name: kind
    for kind in (
        WellBehaved,
        _ExitsAtOnce,
        _HangsAtStart,
        _SlowStart,
        _Noise,
        _Garbage,
        _CloseMidCall,
        _WrongId,
        _DuplicateIds,
        _ErrorWithNullId,
        _NeverAnswers,
        _SameCursor,
        _NoResultType,
        _BadToolSchema,
        _BadUtf8,
        _HugeLine,
        _StderrFlood,
        _IgnoresSigterm,
        _AsksDuringList,
    )
}
FAULTS: dict[str, str] = {name: (kind.__doc__ or "") for name, kind in _CLASSES.items()}


def run(fault: str, settings: Settings) -> None:
    """Serve standard input and output with the ``fault`` of that name, until the input ends."""
    try:
        _CLASSES[fault](settings).run()
    except BrokenPipeError:
        os._exit(0)  # the client left in the middle of an answer, and so does the interpreter's last flush
