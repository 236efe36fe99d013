"""JSON-RPC messages as text and as values."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from mcp_magics.schema.values import surrogates_escaped

if TYPE_CHECKING:
    from typing_extensions import TypeIs

# json.dumps builds an encoder at each call that asks for anything but its defaults.
_ENCODER = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def compact(value: object) -> str:
    """``value`` as JSON text on one line, fit for UTF-8; raises ``ValueError`` for NaN and infinities."""
    return surrogates_escaped(_ENCODER.encode(value))


def told(value: object, most: int = 400) -> str:
    """``value`` as text of at most ``most`` characters, whatever a peer has put into it: never raises."""
    try:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)[:most]
    except (ValueError, RecursionError):
        return f"a {type(value).__name__} that has no text"


def parse(frame: bytes | bytearray) -> tuple[Any, str]:
    """The value of ``frame``, None where it is no JSON; and how it is no UTF-8, or ``""`` (RFC 8259 §8.1)."""
    try:
        return from_json(frame, cache_strings="keys"), ""
    except ValueError:
        return _last_resort(frame)


def _last_resort(frame: bytes | bytearray) -> tuple[Any, str]:
    """What the standard library still reads and pydantic does not (a lone surrogate, bytes that are no UTF-8)."""
    try:
        return json.loads(frame), ""
    except UnicodeDecodeError as error:
        message = _loaded(frame.decode("utf-8", "surrogateescape"))
        return message, f"a message is not UTF-8 (byte {error.start})" if isinstance(message, dict | list) else ""
    except (ValueError, RecursionError):
        return None, ""


def _loaded(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def no_json(text: str) -> str:
    """Why ``text`` is no JSON, and where; ``""`` where it is (RFC 8259: NaN and infinities are none)."""

    def refuse(name: str) -> None:
        msg = f"JSON has no {name}"
        raise ValueError(msg)

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        return str(error)
    except RecursionError:  # too deep for this reader says nothing about the text
        return ""
    return ""


def is_id(value: object) -> TypeIs[int | str]:
    """Whether ``value`` can be a request's id: ``true`` cannot, though Python takes it for 1."""
    return isinstance(value, int | str) and not isinstance(value, bool)


def number(value: object) -> float | None:
    """``value`` as a finite number, else None."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except OverflowError:  # JSON's integers have no end
        return None
    return found if math.isfinite(found) else None
