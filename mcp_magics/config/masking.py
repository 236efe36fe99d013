"""Values of variables and headers as they may be shown: references whole, literals only where they tell nothing."""

from __future__ import annotations

import re

from mcp_magics.config.references import Reference, parse
from mcp_magics.redact import MASK, is_secret_name, looks_secret, mask

_SCHEME = re.compile(r"\W*(?:(?:bearer|basic|token|dpop|apikey|key)\W+)?", re.IGNORECASE)
_WORD = re.compile(r"\w+")
_PASSWORD = re.compile(r"//[^/?#@]*:[^/?#@]*(?:@|$)|^[^/]*@")


def masked(name: str, value: str) -> str:
    """``value`` of the variable or header ``name``: ``${TOKEN}`` and ``Bearer ${TOKEN}`` as written, a literal masked.

    What stands beside a reference is shown unless it could be secret; a reference's default is a literal.
    """
    pieces = parse(value)
    if not any(isinstance(piece, Reference) for piece in pieces):
        return mask(value)
    return "".join(_reference(piece) if isinstance(piece, Reference) else _literal(name, piece) for piece in pieces)


def _reference(reference: Reference) -> str:
    if not reference.default:
        return str(reference)
    return str(Reference(reference.name, masked(reference.name, reference.default), reference.kind))


def _literal(name: str, text: str) -> str:
    return MASK if _could_be_secret(name, text) else text


def _could_be_secret(name: str, text: str) -> bool:
    """Whether ``text``, beside a reference, may not be shown: under a secret's name all but a scheme may not."""
    if _SCHEME.fullmatch(text):
        return False
    words = _WORD.findall(text)
    if is_secret_name(name) or _PASSWORD.search(text) or any(map(is_secret_name, words)):
        return True
    return any(looks_secret(word, "TOKEN") for word in [text.strip(), *words])
