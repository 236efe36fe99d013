"""Redaction of what libraries log: ``httpx2`` logs whole URLs, ``httpcore2`` whole headers.

A filter on a logger does not see the records of its children, and handlers are not ours. So the filter sits where
every record is made: :func:`logging.setLogRecordFactory`.
"""

from __future__ import annotations

import logging
from typing import Any

from mcp_magics.redact.placeholders import redactor

LOGGERS = frozenset({"mcp", "client", "httpx2", "httpcore2", "httpx", "httpcore", "authlib", "keyring"})
_FORMATTER = logging.Formatter()


class RedactingFilter(logging.Filter):
    """Rewrites the message and the traceback of a record; passes every record on."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Replace the secrets of ``record``; always True."""
        try:
            message = record.getMessage()
        except (TypeError, ValueError, KeyError):
            message = f"{record.msg} (its arguments do not fit)"  # logging itself would print them all
        record.msg, record.args = redactor().text(message), ()
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redactor().text(_FORMATTER.formatException(record.exc_info))
        return True


class _Factory:
    """Makes records as before, those of :data:`LOGGERS` redacted."""

    def __init__(self) -> None:
        self.before = logging.getLogRecordFactory()
        self.redacts = RedactingFilter()

    def __call__(self, name: str, *args: Any, **kwargs: Any) -> logging.LogRecord:
        record = self.before(name, *args, **kwargs)
        if name.partition(".")[0] in LOGGERS:
            self.redacts.filter(record)
        return record


def install_log_redaction() -> None:
    """Redact every record of :data:`LOGGERS` and their children from now on. Idempotent."""
    if not isinstance(logging.getLogRecordFactory(), _Factory):
        logging.setLogRecordFactory(_Factory())


def remove_log_redaction() -> None:
    """Undo :func:`install_log_redaction`, unless another factory has been put over ours meanwhile."""
    factory = logging.getLogRecordFactory()
    if isinstance(factory, _Factory):
        logging.setLogRecordFactory(factory.before)
