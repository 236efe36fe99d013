"""Faults of single messages: bytes that are no message, or not a whole one."""

from __future__ import annotations

import json
import os
import sys

from mcp_magics.playground.faulty.on_calls import OnCalls
from mcp_magics.playground.plain_server import Message, WellBehaved, mapping, text_result


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


class _CloseMidCall(OnCalls):
    """Dies in the middle of its answer to a call, with status 9 and a line on stderr."""

    name = "close-mid-call"

    def spoil(self, request: Message) -> None:
        frame = json.dumps(self.reply(request)).encode()
        self.write(frame[: len(frame) // 2])
        sys.stderr.write("faulty: out of memory (not really)\n")
        sys.stderr.flush()
        os._exit(9)


class _BadUtf8(OnCalls):
    """Answers calls with a string that is not UTF-8."""

    name = "bad-utf8"

    def spoil(self, request: Message) -> None:
        self.write(json.dumps(self.reply(request)).encode().replace(b'"text": "', b'"text": "\xff\xc3 ') + b"\n")


class _HugeLine(OnCalls):
    """Answers calls with one line of --size bytes."""

    name = "huge-line"

    def spoil(self, request: Message) -> None:
        head = {"jsonrpc": "2.0", "id": request["id"]}
        self.reply(request)
        empty = json.dumps(head | {"result": self.dressed(text_result(""))}).encode()
        before, after = empty.split(b'"text": ""')
        filling = self.settings.size - len(empty)
        self.write(before + b'"text": "' + b"x" * max(filling, 0) + b'"' + after + b"\n")


class _CutAnswer(OnCalls):
    """Sends half of its answer to each call of echo: over stdio the line ends there, over HTTP the stream does."""

    name = "cut-answer"

    def spoil(self, request: Message) -> None:
        frame = json.dumps(self.reply(request)).encode()
        if mapping(request.get("params")).get("name") == "echo":
            self.channel.cut(frame[: len(frame) // 2])
        else:
            self.write(frame + b"\n")


KINDS: tuple[type[WellBehaved], ...] = (_Noise, _Garbage, _CloseMidCall, _BadUtf8, _HugeLine, _CutAnswer)
"""The faults of this file."""
