"""Names of servers: any Unicode a person can read, and an ASCII alias where only that will do."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from mcp_magics.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Container

# Controls, line separators, halves of surrogate pairs, and what turns text around (UAX #9 §2).
FORBIDDEN = "\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_HIDDEN = r"\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069"
NAME_PATTERN = rf"^[^\s{_HIDDEN}]([^{_HIDDEN}]*[^\s{_HIDDEN}])?(?!\n)$"
"""The same rule for JSON Schema (ECMA-262)."""
ALIAS_BYTES = 64
_HASH_DIGITS = 12
_BAD = re.compile(f"[{FORBIDDEN}]")
_NOT_ASCII_WORD = re.compile(r"[^A-Za-z0-9_-]")


def check_name(name: object) -> str:
    """``name``, if a server may be called that; raises ``ConfigurationError``."""
    if not isinstance(name, str) or not name.strip():
        raise _unusable("a server needs a name")
    bad = _BAD.search(name)
    if bad:
        raise _unusable(f"the server name {name!r} has the character U+{ord(bad[0]):04X}, which nobody can see")
    if name != name.strip():
        raise _unusable(f"the server name {name!r} begins or ends with a space")
    return name


def _unusable(message: str) -> ConfigurationError:
    return ConfigurationError(message, class_="name_invalid", phase="config", next_step="%mcp add NAME -- COMMAND")


def alias(name: str, taken: Container[str] = ()) -> str:
    """``name`` in ``[A-Za-z0-9_-]``, at most :data:`ALIAS_BYTES` long and not in ``taken``.

    Where replacing characters leaves nothing to tell the name by, or too much, twelve digits of its SHA-1 do.
    """
    plain = _NOT_ASCII_WORD.sub("_", name)
    if plain.strip("_-") and len(plain) <= ALIAS_BYTES and plain not in taken:
        return plain
    digest = hashlib.sha1(name.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()[:_HASH_DIGITS]
    stem = plain.strip("_-")[: ALIAS_BYTES - _HASH_DIGITS - 1] or "server"
    return f"{stem}_{digest}"
