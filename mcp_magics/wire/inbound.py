"""What the server sends: answers find their requests, all else whoever it is for.

Notifications are offered to the session in receive order, as the SDK's ``Dispatcher`` Protocol demands, and then to our
:class:`~mcp_magics.wire.observer.Observer` synchronously; they are not validated and not spawned as tasks, so a flood
of them costs no memory.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ProtocolError
from mcp_magics.wire.message import compact, is_id, number, parse
from mcp_magics.wire.outbound import Outbound
from mcp_magics.wire.pending import Progress

if TYPE_CHECKING:
    from mcp_magics.wire.pending import Pending

WRONG_ID_GRACE = 2.0
"""Seconds a lone request goes on waiting after the server has answered an id nobody asked."""


class Inbound(Outbound):
    """The receiving half of a channel; all of it belongs to the loop."""

    def receive(self, frame: bytes | bytearray, asked: Pending | None = None) -> None:
        """Take in one frame as it came off the wire; ``asked`` is the request a reply channel belongs to."""
        self.journal.frame(self.server, "received", self.channel, frame)
        message, breach = parse(frame)
        if breach:
            self.observer.violation("RFC 8259 §8.1: UTF-8", breach)
        if isinstance(message, dict):
            self._take(frame, message, asked)
        elif isinstance(message, list):
            for item in message:
                if isinstance(item, dict):
                    self._take(b"", item, asked)
        else:
            self._noise(frame)

    def _noise(self, frame: bytes | bytearray) -> None:
        self.observer.noise(bytes(frame[:2000]).decode("utf-8", "replace"))

    def _take(self, frame: bytes | bytearray, message: dict[str, Any], asked: Pending | None) -> None:
        if "method" in message:
            if "id" in message:
                self._take_request(message)
            else:
                self._take_notification(message)
        elif "id" in message or ("error" in message and "jsonrpc" in message):
            self._take_response(frame, message, asked)
        else:  # a line of JSON logging, say
            self._noise(frame)

    def _take_response(self, frame: bytes | bytearray, message: dict[str, Any], asked: Pending | None) -> None:
        request_id = message.get("id")
        pending = self._pending.pop(request_id, None) if is_id(request_id) else None
        if pending is None and isinstance(request_id, str) and request_id.isdecimal():
            pending = self._pending.pop(int(request_id), None)
        if pending is None and request_id is None and "error" in message:
            # The peer could not read the id (JSON-RPC 2.0 §5).
            pending = self._only_candidate(asked)
        if pending is not None:
            pending.answer(frame, message)
        elif not (isinstance(request_id, int) and request_id <= self._highest):
            self._answered_nobody(request_id)

    def _only_candidate(self, asked: Pending | None) -> Pending | None:
        if asked is None and len(self._pending) == 1:
            asked = next(iter(self._pending.values()))
        return self._pending.pop(asked.id, None) if asked is not None else None

    def _answered_nobody(self, request_id: object) -> None:
        text = f"answered id {compact(request_id)}, which nobody asked"
        self.observer.violation("JSON-RPC 2.0 §5: id", text)
        if len(self._pending) == 1:
            (lonely,) = self._pending.values()
            error = ProtocolError(
                f"the server {text}; the request's id was {compact(lonely.id)}",
                class_="wrong_id",
                phase="call",
                server=self.server,
                next_step=f"%mcp trace {self.server}",
            )
            self.loop.call_later(WRONG_ID_GRACE, self.abandon, lonely, error)

    def _take_notification(self, message: dict[str, Any]) -> None:
        method = str(message["method"])
        params = message.get("params")
        params = params if isinstance(params, dict) else {}
        if method == "notifications/progress" and self._take_progress(params):
            return
        if not self._told(method, params):
            self.observer.notification(method, params)

    def _take_progress(self, params: dict[str, Any]) -> bool:
        token = params.get("progressToken")
        pending = self._pending.get(token) if isinstance(token, int | str) else None
        if pending is None:
            return False
        total, message = params.get("total"), params.get("message")
        pending.sign_of_life(
            Progress(
                number(params.get("progress")) or 0.0, number(total), message if isinstance(message, str) else None
            )
        )
        return True

    def _take_request(self, message: dict[str, Any]) -> None:
        request_id = message["id"]
        if not is_id(request_id):
            self.observer.violation("JSON-RPC 2.0 §4: id", f"a request with the id {compact(request_id)}")
            return
        self._asked(request_id, message)

    @abstractmethod
    def _asked(self, request_id: int | str, message: dict[str, Any]) -> None:
        """The server asks something: answer it, some time."""

    @abstractmethod
    def _told(self, method: str, params: dict[str, Any]) -> bool:
        """The server tells something; whether nobody else needs to hear it."""
