"""What a plain YAML scalar is in JSON: the core schema of YAML 1.2.2 §10.3.2, with JSON's number literals kept."""

from __future__ import annotations

import re

from mcp_magics.magics.json_text import NUMBER
from mcp_magics.schema.values import to_json_text

_NULL = re.compile(r"null|Null|NULL|~|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"([-+]?)0*([0-9]+)")
_OCT = re.compile(r"0o([0-7]+)")
_HEX = re.compile(r"0x([0-9a-fA-F]+)")
_FLOAT = re.compile(r"([-+]?)(?=\.?[0-9])0*([0-9]*)\.?([0-9]*)([eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def core_text(text: str) -> str | None:
    """The JSON text of an untagged plain scalar: ``""`` for a string, None for what JSON has not (NaN, infinity)."""
    if NUMBER.fullmatch(text):
        return text
    if _NULL.fullmatch(text):
        return "null"
    if _BOOL.fullmatch(text):
        return text.lower()
    return None if _NOT_FINITE.fullmatch(text) else _number(text)


def has_type(core: str, tag: str) -> bool:
    """Whether a scalar resolved to ``core`` may bear ``!!tag``; an integer may be called a float."""
    is_number = NUMBER.fullmatch(core) is not None
    match tag:
        case "null":
            return core == "null"
        case "bool":
            return core in ("true", "false")
        case "int":
            return is_number and not set(core) & set(".eE")
        case _:
            return tag == "float" and is_number


def _number(text: str) -> str:
    """The number that YAML writes otherwise than JSON (``0x1F``, ``+1``, ``.5``), or ``""``."""
    if found := _INT.fullmatch(text):
        return found[1].replace("+", "") + found[2]
    if found := _OCT.fullmatch(text):
        return to_json_text(int(found[1], 8))
    if found := _HEX.fullmatch(text):
        return to_json_text(int(found[1], 16))
    if found := _FLOAT.fullmatch(text):
        sign, whole, digits, exponent = found.groups("")
        # `5.` is a float and stays one: without a point or an exponent it would become an integer.
        fraction = f".{digits}" if digits else "" if exponent else ".0"
        return f"{sign.replace('+', '')}{whole or '0'}{fraction}{exponent}"
    return ""
