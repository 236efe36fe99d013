"""Server-sent events as bytes (WHATWG HTML §9.2.6): one copy of the data, however long a line is.

httpx2's own ``EventSource`` decodes to text, joins, partitions, slices and encodes each line again to measure it:
a 100 MB event peaked above four times its size. Here a line grows in one ``bytearray``.
"""

from __future__ import annotations

from codecs import BOM_UTF8
from dataclasses import dataclass

MAX_EVENT_BYTES = 1024 * 1024 * 1024
"""The stated bound of one event."""
_LONGEST_RETRY = 9
"""Digits of ``retry:``; a longer one is eleven days and more, and no number to wait for."""


@dataclass(frozen=True, slots=True)
class Event:
    """One dispatched event; ``id`` is the last event id so far, ``own_id`` this event's own, ``retry`` milliseconds."""

    event: str
    data: bytes
    id: str
    retry: int | None
    own_id: str = ""


class EventTooLargeError(ValueError):
    """An event grew past :data:`MAX_EVENT_BYTES`."""


class EventDecoder:
    """Feed it chunks as they arrive; it hands back whole events."""

    def __init__(self, max_event_bytes: int = MAX_EVENT_BYTES) -> None:
        self._line = bytearray()
        self._first = True
        self._carriage_return = False
        self._data: list[bytearray] = []
        self._event = ""
        self._retry: int | None = None
        self._own_id = ""
        self._size = 0
        self._max = max_event_bytes
        self.last_event_id = ""

    def feed(self, chunk: bytes) -> list[Event]:
        """Take in ``chunk``; return the events it completes."""
        events: list[Event] = []
        *ended, rest = self._newlines(chunk).split(b"\n")
        for line in ended:
            self._line += line
            event = self._take_line()
            if event is not None:
                events.append(event)
        self._line += rest
        if self._size + len(self._line) > self._max:
            msg = f"an event of more than {self._max:,} bytes"
            raise EventTooLargeError(msg)
        return events

    def _newlines(self, chunk: bytes) -> bytes:
        r"""``chunk`` with every line ending as ``\n``; a LF at its beginning may belong to the CR before it."""
        ended = self._carriage_return
        if chunk:
            self._carriage_return = chunk.endswith(b"\r")
        if ended and chunk.startswith(b"\n"):
            chunk = chunk[1:]
        return chunk.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _take_line(self) -> Event | None:
        line, self._line = self._line, bytearray()
        if self._first:
            self._first = False
            del line[: 3 * line.startswith(BOM_UTF8)]
        if not line:
            return self._dispatch()
        colon = line.find(b":", 0, 64)
        name = bytes(line[:colon] if colon >= 0 else line[:64])
        if name == b"data":
            del line[: 5 + line[5:6].startswith(b" ")]
            self._data.append(line)
            self._size += len(line)
        elif name:
            value = bytes(line[colon + 1 :]) if colon >= 0 else b""
            self._field(name, value.removeprefix(b" ").decode("utf-8", "replace"))
        return None

    def _field(self, name: bytes, value: str) -> None:
        if name == b"event":
            self._event = value
        elif name == b"id" and "\0" not in value:
            self.last_event_id = self._own_id = value
        elif name == b"retry" and value.isdecimal() and len(value) <= _LONGEST_RETRY:
            self._retry = int(value)

    def _dispatch(self) -> Event | None:
        data, event, retry, own_id = self._data, self._event, self._retry, self._own_id
        self._data, self._event, self._retry, self._own_id, self._size = [], "", None, "", 0
        if not data and retry is None and not event and not self.last_event_id:
            return None
        # As bytes: the JSON parser copies a bytearray before it reads it.
        joined = bytes(data[0]) if len(data) == 1 else b"\n".join(data)
        return Event(event or "message", joined, self.last_event_id, retry, own_id)
