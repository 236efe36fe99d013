"""The sole owner of what is secret: what is known to be one, what looks like one, and what stands in its place.

Secrets become numbered placeholders (``<secret-1>``): the same secret the same placeholder, never a hash, so that a
redacted recording still replays. Redaction happens at capture, before anything is stored or shown.
"""

from __future__ import annotations

from mcp_magics.redact.logs import install_log_redaction, remove_log_redaction
from mcp_magics.redact.placeholders import MASK, Redactor, mask, redactor
from mcp_magics.redact.suspicion import is_secret_name, looks_secret

__all__ = [
    "MASK",
    "Redactor",
    "install_log_redaction",
    "is_secret_name",
    "looks_secret",
    "mask",
    "redactor",
    "remove_log_redaction",
]
