"""Python objects as JSON text: exactly, or not at all.

==================================  =====================================================================
``None``, booleans, ``int``, ``str``  themselves; numbers digit for digit
``float``, ``Decimal``              a number literal; NaN and infinity are refused (RFC 8259 §6)
``dict`` and other mappings         an object; its keys must be strings
``list``, ``tuple``                 an array
NumPy scalars and arrays            as their Python value; ``datetime64`` in ISO 8601
``datetime``, ``date``, ``time``    ISO 8601 text
``DataFrame``                       an array of records, the index left out
``Series``, ``Index``               an array
``pandas.NA``, ``NaT``              ``null``; so are missing values in columns that hold no floats
``Enum`` members                    their value
dataclasses, Pydantic models        an object of their fields (by alias)
==================================  =====================================================================

Anything else raises a ``CommandError`` that names its path: ``arguments.items[2].when: a set is not JSON``.
pandas and NumPy are never imported here: an object of theirs exists only where they already are.
"""

from __future__ import annotations

import datetime as dt
import json
import math
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, cast

from mcp_magics.errors import CommandError

_ENCODER = json.JSONEncoder(ensure_ascii=False)  # json.dumps would build one for every string
_FLAT_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_FLAT = frozenset({str, int, bool, type(None)})
"""Types whose JSON is the same whoever writes it."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_HINTS: Mapping[type, str] = {
    set: "sorted(x)",
    frozenset: "sorted(x)",
    bytes: "base64.b64encode(x).decode()",
    bytearray: "base64.b64encode(x).decode()",
    dt.timedelta: "x.total_seconds()",
    complex: "[x.real, x.imag]",
}


def to_json_text(value: object, path: str = "arguments") -> str:
    """``value`` as compact JSON text on one line; ``CommandError`` naming the ``path`` of what is not JSON."""
    if (text := _flat_object(value)) is not None:
        return text
    parts: list[str] = []
    problem = ""
    try:
        _Writer(parts.append).write(value, path)
    except RecursionError:
        problem = f"{path}: nested too deeply"
    if problem:
        raise CommandError(problem, class_="not_json", phase="arguments", next_step="pass a flatter value")
    return "".join(parts)


def _flat_object(value: object) -> str | None:
    """The text of a plain dict of plain values, as most arguments are, written in one go; None for any other."""
    if type(value) is not dict:
        return None
    if not all(type(key) is str and type(each) in _FLAT for key, each in value.items()):
        return None
    try:
        text = _FLAT_ENCODER.encode(value)
    except ValueError:  # an integer too long to be written out: the path is named where it is found
        return None
    return surrogates_escaped(text)


def json_string(text: str) -> str:
    """``text`` as a JSON string; lone surrogates, which UTF-8 does not have, stay escapes (RFC 8259 §8.2)."""
    return surrogates_escaped(_ENCODER.encode(text))


def surrogates_escaped(text: str) -> str:
    """JSON ``text`` with its lone surrogates as escapes."""
    return text if text.isascii() else _SURROGATE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def member(path: str, key: str) -> str:
    """The path of a member: ``arguments.when``, ``arguments['not a name']``."""
    return f"{path}.{key}" if key.isidentifier() else f"{path}[{key!r}]"


class _Writer:
    def __init__(self, put: Callable[[str], object]) -> None:
        self._put = put
        self._open: set[int] = set()  # the containers being written: meeting one again is a cycle

    def write(self, value: object, path: str) -> None:
        if value is None or isinstance(value, bool):
            self._put("null" if value is None else "true" if value else "false")
        elif isinstance(value, Enum):
            self.write(value.value, path)
        elif isinstance(value, str):
            self._put(json_string(value))
        elif isinstance(value, (int, float, Decimal)):
            self._put(_number(value, path))
        elif isinstance(value, (dict, list, tuple)):
            self._container(value, path)
        else:
            self._other(value, path)

    def _container(self, value: Mapping[Any, Any] | Iterable[Any], path: str) -> None:
        if id(value) in self._open:
            raise _refused(path, "it contains itself", "pass a value without cycles")
        self._open.add(id(value))
        if isinstance(value, Mapping):
            self._members(value, path)
        else:
            self._items(value, path)
        self._open.discard(id(value))

    def _members(self, value: Mapping[Any, Any], path: str) -> None:
        lead = "{"
        for key, each in value.items():
            name = key.value if isinstance(key, Enum) else key
            if not isinstance(name, str):
                raise _refused(
                    path,
                    f"the key {key!r:.60} is {_a(key)}; JSON keys are strings",
                    "{str(k): v for k, v in x.items()}",
                )
            self._put(f"{lead}{json_string(name)}:")
            self.write(each, member(path, name))
            lead = ","
        self._put("{}" if lead == "{" else "}")

    def _items(self, value: Iterable[Any], path: str) -> None:
        lead = "["
        for index, each in enumerate(value):
            self._put(lead)
            self.write(each, f"{path}[{index}]")
            lead = ","
        self._put("[]" if lead == "[" else "]")

    def _other(self, value: object, path: str) -> None:
        if isinstance(value, (dt.datetime, dt.date, dt.time)):
            self._put("null" if _is_missing(value) else json_string(value.isoformat()))
        elif isinstance(value, Mapping):
            self._container(value, path)
        elif is_dataclass(value) and not isinstance(value, type):
            self._container({each.name: getattr(value, each.name) for each in fields(value)}, path)
        elif _is_pydantic(value):
            self._container(cast("Any", value).model_dump(mode="json", by_alias=True), path)
        elif not (self._pandas(value, path) or self._numpy(value, path)):
            raise _not_json(value, path)

    def _pandas(self, value: object, path: str) -> bool:
        pandas = sys.modules.get("pandas")
        if pandas is None:
            return False
        if value is pandas.NA:
            self._put("null")
        elif isinstance(value, pandas.DataFrame):
            self._container(_records(value, path), path)
        elif isinstance(value, (pandas.Series, pandas.Index)):
            self._container(_column(pandas.Series(value)), path)
        else:
            return False
        return True

    def _numpy(self, value: object, path: str) -> bool:
        numpy = sys.modules.get("numpy")
        if numpy is None:
            return False
        if isinstance(value, numpy.ndarray):
            # Its scalars stay NumPy's: `tolist()` makes an int of a datetime64[ns].
            self.write(list(value) if value.ndim else value[()], path)
        elif isinstance(value, numpy.datetime64):
            self._put("null" if numpy.isnat(value) else json_string(str(value)))
        elif isinstance(value, numpy.generic) and type(value.item()) is not type(value):
            self.write(value.item(), path)
        else:
            return False
        return True


def _number(value: float | Decimal, path: str) -> str:
    if isinstance(value, Decimal):
        finite, text = value.is_finite(), str(value)
    elif isinstance(value, float):
        finite, text = math.isfinite(value), float.__repr__(value)
    else:
        finite, text = True, _integer(value, path)
    if not finite:
        raise _refused(path, f"{text} is not JSON", "use None where there is no number")
    return text


def _integer(value: int, path: str) -> str:
    """The digits of ``value``; Python converts only so many at once (``sys.set_int_max_str_digits``)."""
    try:
        return int.__repr__(value)
    except ValueError:
        pass
    raise _refused(path, "the integer is too long to be written out", "sys.set_int_max_str_digits(0)")


def _records(frame: Any, path: str) -> list[dict[str, object]]:
    names = list(frame.columns)
    if other := [name for name in names if not isinstance(name, str)]:
        raise _refused(
            path,
            f"the column {other[0]!r:.60} is {_a(other[0])}; JSON keys are strings",
            "df.rename(columns=str)",
        )
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _refused(path, f"the column {twice!r:.60} is there twice", "give each column its own name")
    columns = [_column(frame[name]) for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def _column(series: Any) -> list[object]:
    """The values of a Series; NaN means "missing" where the column holds no floats (as in ``str`` columns)."""
    values = cast("list[object]", series.tolist())
    if getattr(series.dtype, "kind", "O") == "f":
        return values
    return [None if gone else value for value, gone in zip(values, series.isna().tolist(), strict=True)]


def _is_missing(value: object) -> bool:
    pandas = sys.modules.get("pandas")
    return pandas is not None and value is pandas.NaT


def _is_pydantic(value: object) -> bool:
    return hasattr(type(value), "__pydantic_fields__") and hasattr(value, "model_dump")


def _not_json(value: object, path: str) -> CommandError:
    hint = next((hint for kind, hint in _HINTS.items() if isinstance(value, kind)), "")
    if not hint and isinstance(value, Iterable):
        hint = "list(x)"
    return _refused(path, f"{_a(value)} is not JSON", hint or "a dict, a list, a text or a number")


def _refused(path: str, problem: str, hint: str) -> CommandError:
    return CommandError(
        f"{path}: {problem}", class_="not_json", phase="arguments", next_step=f"convert it, e.g. {hint}"
    )


def _a(value: object) -> str:
    name = type(value).__name__
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"
