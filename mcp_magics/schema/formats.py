"""The formats a form knows (JSON Schema 2020-12 validation §7.3): what is wrong with a text that should have one.

Generous where the RFCs are intricate: what is said to be wrong is wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from ipaddress import IPv4Address, IPv6Address
from types import MappingProxyType
from uuid import UUID

_EMAIL = re.compile(r"[^@\s]++@[^@\s]++")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*+:[^\s<>\"{}|\\^`]++")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
_MOMENT = re.compile(rf"{_DATE.pattern}[Tt ]{_TIME}")
_LEAP = re.compile(r":60(?=[.Zz+-])")
_FRACTION = re.compile(r"\.[0-9]+")


def format_problem(text: str, format: str) -> str | None:  # noqa: A002  the keyword's own name
    """What is wrong with ``text`` as a ``format``, with an example; None where nothing is, or nobody knows."""
    known = _FORMATS.get(format)
    if known is None:
        return None
    right, example = known
    try:
        fine = right(text)
    except ValueError:
        fine = False
    return None if fine else f"no {format}: one is {example}"


def _date(text: str) -> bool:
    return _DATE.fullmatch(text) is not None and date.fromisoformat(text) is not None


def _moment(text: str) -> bool:
    """RFC 3339 §5.6: with seconds and an offset; a leap second is one."""
    return _MOMENT.fullmatch(text) is not None and datetime.fromisoformat(_whole_seconds(text)) is not None


def _time(text: str) -> bool:
    return re.fullmatch(_TIME, text) is not None and time.fromisoformat(_whole_seconds(text)) is not None


def _whole_seconds(text: str) -> str:
    return _FRACTION.sub("", _LEAP.sub(":59", text))


_FORMATS: Mapping[str, tuple[Callable[[str], bool], str]] = MappingProxyType(
    {
        "email": (lambda text: _EMAIL.fullmatch(text) is not None, "ada@example.com"),
        "uri": (lambda text: _URI.fullmatch(text) is not None, "https://example.com/"),
        "date": (_date, "2025-01-31"),
        "date-time": (_moment, "2025-01-31T12:00:00Z"),
        "time": (_time, "12:00:00Z"),
        "uuid": (lambda text: str(UUID(text)) == text.lower(), "123e4567-e89b-12d3-a456-426614174000"),
        "ipv4": (lambda text: str(IPv4Address(text)) == text, "192.0.2.1"),
        "ipv6": (lambda text: IPv6Address(text) is not None, "2001:db8::1"),
    }
)
