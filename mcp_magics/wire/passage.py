"""The wire log told: what each entry is, and which answer belongs to which request."""

from __future__ import annotations

import json
import re
from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from mcp_magics.results.message_summary import LONGEST, answered, named, summarised
from mcp_magics.results.sanitise import one_line
from mcp_magics.wire.journal import Frame, kind_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_magics.wire.journal import Entry, Exchange

Arrow = Literal["→", "←", "⇄"]
"""Sent, received, an HTTP exchange."""

MOST_OPEN = 20_000
"""Requests that are remembered for their answers: as many as a journal keeps entries."""
_FAILURES = 400
_BEGINNING = 300
_NAME_LENGTH = 300
_ID = re.compile(r'"id"\s*:\s*("(?:[^"\\]|\\.){0,200}"|-?\d{1,20})')


@dataclass(frozen=True, slots=True)
class Passage:
    """One entry of the wire log; ``n`` is its number, ``at`` seconds since the epoch, ``clock`` on a steady clock.

    ``kind`` is ``request``, ``notification``, ``result``, ``error``, ``noise`` or ``http``. An answer has the method
    and the name of its request, its number in ``pair``, and ``ms`` since it. ``said`` is what it says beside its method
    and name, ``error`` why it counts as a failure; both on one line. An HTTP exchange that failed has in ``pair`` the
    number of the request it carried.
    """

    n: int
    at: float
    clock: float
    server: str
    direction: Arrow
    kind: str
    method: str
    name: str
    rpc_id: str
    summary: str
    said: str
    size: int | None = None
    ms: float | None = None
    error: str = ""
    pair: int | None = None
    url: str = ""
    carries: bool = False
    """Whether it is the HTTP request that carried messages of MCP."""

    @property
    def is_answer(self) -> bool:
        """Whether it is the result or the error of a request."""
        return self.kind in ("result", "error")


_Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What is remembered of a request for its answer."""

    n: int
    clock: float
    method: str
    name: str

    @property
    def message(self) -> Mapping[str, Any]:
        """As much of it as a summary of the answer tells."""
        return {"method": self.method, "params": {"name": self.name} if self.name else {}}


class Reading:
    """Reads entries in their order, remembering the newest ``most`` requests for their answers."""

    def __init__(self, most: int = MOST_OPEN) -> None:
        self._most = most
        self._asked: OrderedDict[_Key, _Asked] = OrderedDict()

    def read(self, entry: Entry) -> Passage:
        """What ``entry`` is."""
        if isinstance(entry, Frame):
            return self._framed(entry)
        told = _exchanged(entry)
        asked = self._asked.get((entry.server, "sent", entry.rpc_id)) if told.error and entry.rpc_id else None
        return told if asked is None else replace(told, pair=asked.n)

    def _framed(self, frame: Frame) -> Passage:
        message = frame.message
        kind = kind_of(frame, message)
        identity = json.dumps(message["id"]) if "id" in message else _early_id(frame)
        method, name = one_line(str(message.get("method", "")), _NAME_LENGTH), one_line(named(message), _NAME_LENGTH)
        if kind == "request":
            self._remember((frame.server, frame.direction, identity), _Asked(frame.seq, frame.clock, method, name))
        asked = self._asked.get(_asked_by(frame, identity)) if kind in ("result", "error") else None
        return Passage(
            n=frame.seq,
            at=frame.at,
            clock=frame.clock,
            server=frame.server,
            direction="→" if frame.direction == "sent" else "←",
            kind=kind,
            method=asked.method if asked else method,
            name=asked.name if asked else name,
            rpc_id=identity,
            summary=_summary(frame, message, asked.message if asked else {}),
            said=_said(frame, message),
            size=frame.size,
            ms=None if asked is None else (frame.clock - asked.clock) * 1000,
            error=_error(kind, message),
            pair=None if asked is None else asked.n,
        )

    def _remember(self, key: _Key, asked: _Asked) -> None:
        self._asked.pop(key, None)
        self._asked[key] = asked
        if len(self._asked) > self._most:
            self._asked.popitem(last=False)


def _asked_by(frame: Frame, identity: str) -> _Key:
    """Under what the request would be remembered that ``frame`` answers."""
    return frame.server, "sent" if frame.direction == "received" else "received", identity


def _early_id(frame: Frame) -> str:
    """The id of a message that was kept in part only, where it stands at its beginning."""
    found = _ID.search(frame.text[:_BEGINNING].split('"result"', 1)[0]) if frame.truncated else None
    return found[1] if found else ""


def _summary(frame: Frame, message: Mapping[str, Any], request: Mapping[str, Any]) -> str:
    if message:
        return summarised(message, request)
    told = summarised({"result": "(too long to be kept whole)"}, request) if request else frame.text[: 4 * LONGEST]
    return one_line(told, LONGEST)


def _said(frame: Frame, message: Mapping[str, Any]) -> str:
    if not message:
        return one_line(frame.text[: 4 * LONGEST], LONGEST)
    if "method" in message:
        whole = summarised(message, {})
        return whole.removeprefix(one_line(f"{message.get('method', '')} {named(message)}".strip(), LONGEST)).strip()
    return one_line(answered(message)[: 8 * LONGEST], LONGEST)


def _error(kind: str, message: Mapping[str, Any]) -> str:
    if kind == "noise":
        return "not a message"
    result = message.get("result")
    failed = kind == "error" or (isinstance(result, dict) and result.get("isError") is True)
    return one_line(answered(message)[: 8 * LONGEST], LONGEST) if failed else ""


def _exchanged(exchange: Exchange) -> Passage:
    refused = exchange.status is not None and exchange.status >= _FAILURES
    status = "" if exchange.status is None else str(exchange.status)
    said = one_line(f"{status} {exchange.problem}".strip(), LONGEST)
    return Passage(
        n=exchange.seq,
        at=exchange.at,
        clock=exchange.clock,
        server=exchange.server,
        direction="⇄",
        kind="http",
        method=one_line(exchange.method, _NAME_LENGTH),
        name=one_line(exchange.url, _NAME_LENGTH),
        rpc_id="",
        summary=f"{exchange.method} {exchange.url} {status} {exchange.problem}".rstrip().replace("  ", " "),
        said=said,
        ms=exchange.elapsed * 1000,
        error=said if refused or exchange.problem else "",
        url=exchange.url,
        carries="text/event-stream" in exchange.request_headers.get("accept", ""),
    )
