"""Which field of a form asks for what must not pass through one (client/elicitation, "sensitive information")."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from mcp_magics.redact.suspicion import is_secret_name

if TYPE_CHECKING:
    from mcp_magics.schema.form import Field

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NEVER = re.compile(
    r"\b(?:password|passwd|passphrase|passcode|pwd|cvv|cvc|cvv2|iban|"
    r"(?:api|private|secret|access|license|licence) ?key|apikey|"
    r"(?:access|auth|bearer|refresh|api|id|session|personal access|security) ?token|client ?secret|"
    r"(?:credit|debit|bank|payment) ?card(?: number| no)?|card ?number|pin ?(?:code)?$|social security number|ssn)\b"
)
_HARMLESS = frozenset({"key", "cookie", "pat", "dsn", "auth", "authorization"})  # plain words too
_PAYMENT = re.compile(r"\b(?:card ?number|(?:credit|debit) ?card|cvv2?|cvc|passcode|pin ?(?:code)?$)")


def is_sensitive(field: Field) -> bool:
    """Whether a field asks for what must not pass through a form: a password, a key, a token, a payment card.

    Judged by ``format``, ``writeOnly`` and the words of name and title. A field whose values are given, a number or a
    yes-or-no is none. Source: client/elicitation, "sensitive information".
    """
    if field.kind in ("object", "array"):
        return any(map(is_sensitive, (*field.fields, *([field.item] if field.item else ()))))
    if field.kind not in ("string", "json", "integer"):
        return False
    if field.kind != "integer" and (field.format == "password" or field.write_only):
        return True
    return any(_names_a_secret(text, whole_number=field.kind == "integer") for text in (field.name, field.title))


def _names_a_secret(text: str, *, whole_number: bool) -> bool:
    words = [word.lower() for word in _WORD.findall(text[:500])]
    line = " ".join(words)
    if whole_number:
        return _PAYMENT.search(line) is not None
    if _NEVER.search(line) is not None:
        return True
    return is_secret_name(text[:500]) and words[-1] not in _HARMLESS
