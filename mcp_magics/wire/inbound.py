"""What the server sends: answers find their requests, all else whoever it is for.

Notifications are offered to the session in receive order, as the SDK's ``Dispatcher`` Protocol demands, and then to our
:class:`~mcp_magics.wire.observer.Observer` synchronously; they are not validated and not spawned as tasks, so a flood
of them costs no memory.
"""

from __future__ import annotations

from abc import abstractmethod
from collections import deque
from typing import TYPE_CHECKING, Any

from mcp_magics.errors import ProtocolError
from mcp_magics.results.violations import in_response, is_plain
from mcp_magics.wire.message import is_id, parse, told
from mcp_magics.wire.outbound import Outbound
from mcp_magics.wire.progress import progress_in, unevenness

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from mcp_magics.results.violations import Violation
    from mcp_magics.wire.journal import Journal
    from mcp_magics.wire.observer import Observer
    from mcp_magics.wire.pending import Pending, Progress

_PROGRESS = "basic/utilities/progress"
_REMEMBERED = 256
"""How many tokens and ids of the server's are remembered, to tell a second use from a first."""
WRONG_ID_GRACE = 2.0
"""Seconds a lone request goes on waiting after the server has answered an id nobody asked."""


class Inbound(Outbound):
    """The receiving half of a channel; all of it belongs to the loop.

    ``followers`` hear the progress of what outlives its request (a task), by the token as JSON text.
    """

    def __init__(self, server: str, journal: Journal, observer: Observer) -> None:
        super().__init__(server, journal, observer)
        self.followers: dict[str, Callable[[Progress], None]] = {}
        self._strays: deque[str] = deque(maxlen=_REMEMBERED)
        self._asked_with: deque[int | str] = deque(maxlen=_REMEMBERED)

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
        if pending is None:
            pending = self._found(request_id)
        if pending is None and request_id is None and "error" in message:
            # The peer could not read the id (JSON-RPC 2.0 §5).
            pending = self._only_candidate(asked)
        if pending is not None:
            if not is_plain(message):
                self._take_note(in_response(message), pending)
            pending.answer(frame, message)
        elif (number_of := _minted(request_id)) is not None and number_of <= self._highest:
            self._answered_again(number_of)
        else:
            self._answered_nobody(request_id)

    def _found(self, request_id: object) -> Pending | None:
        """The request that an odd answer is for: one that stands, or one whose id came back as a text."""
        minted = _minted(request_id)
        return None if minted is None else self._pending.pop(minted, None) or self._standing.pop(minted, None)

    def _answered_again(self, request_id: int) -> None:
        """One id is answered once; an answer to a request that was given up has only come late."""
        if request_id in self._given_up:
            self.observer.remark(f"the answer to request {request_id} came when it had been given up: dropped")
        else:
            self.observer.violation("JSON-RPC 2.0 §5: id", f"answered id {request_id} twice; the first answer counts")

    def _take_note(self, violations: Iterable[Violation], pending: Pending) -> None:
        for each in violations:
            where = pending.method
            self.observer.violation(each.rule, each.message, path=each.path, value=each.value, where=where)

    def _only_candidate(self, asked: Pending | None) -> Pending | None:
        if asked is None and len(self._pending) == 1:
            asked = next(iter(self._pending.values()))
        return self._pending.pop(asked.id, None) if asked is not None else None

    def _answered_nobody(self, request_id: object) -> None:
        text = f"answered id {told(request_id, 100)}, which nobody asked"
        self.observer.violation("JSON-RPC 2.0 §5: id", text)
        if len(self._pending) == 1:
            (lonely,) = self._pending.values()
            error = ProtocolError(
                f"the server {text}; the request's id was {told(lonely.id, 100)}",
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
        if method == "notifications/progress":
            self._take_progress(params)
            return
        if not self._told(method, params):
            self.observer.notification(method, params)

    def _take_progress(self, params: dict[str, Any]) -> None:
        token = params.get("progressToken")
        minted = _minted(token)
        pending = self._pending.get(minted) if minted is not None else None
        if pending is None:
            self._progress_of_nobody(token, params)
            return
        news = progress_in(params, pending.progress)
        if not pending.uneven and (oddity := unevenness(params, pending.progress)):
            pending.uneven = True
            self.observer.violation(f"{_PROGRESS}: progress", f"request {told(pending.id, 100)}: {oddity}")
        pending.sign_of_life(news)

    def _progress_of_nobody(self, token: object, params: dict[str, Any]) -> None:
        """Progress of a task outlives its request; of anything else it is a breach, said once a token."""
        key = told(token, 100)
        follower = self.followers.get(key)
        if follower is not None:
            follower(progress_in(params, None))
            return
        if key in self._strays or _minted(token) in self._given_up:
            return
        self._strays.append(key)
        minted = _minted(token)
        is_late = minted is not None and minted <= self._highest
        whose = f"request {key}, which has its answer" if is_late else f"the token {key}, which nobody gave"
        self.observer.violation(f"{_PROGRESS}: progressToken", f"progress for {whose}")

    def _take_request(self, message: dict[str, Any]) -> None:
        request_id = message["id"]
        if not is_id(request_id):
            self.observer.violation("JSON-RPC 2.0 §4: id", f"a request with the id {told(request_id, 100)}")
            return
        if request_id in self._asked_with:
            text = f"a request with the id {told(request_id, 100)}, which an earlier one had; both are answered"
            self.observer.violation("JSON-RPC 2.0 §4: id", text)
        self._asked_with.append(request_id)
        self._asked(request_id, message)

    @abstractmethod
    def _asked(self, request_id: int | str, message: dict[str, Any]) -> None:
        """The server asks something: answer it, some time."""

    @abstractmethod
    def _told(self, method: str, params: dict[str, Any]) -> bool:
        """The server tells something; whether nobody else needs to hear it."""


def _minted(value: object) -> int | None:
    """``value`` as a number we may have given out: some peers send an id back as a text."""
    if isinstance(value, int):
        return None if isinstance(value, bool) else value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < _LONGEST_ID else None


_LONGEST_ID = 19
