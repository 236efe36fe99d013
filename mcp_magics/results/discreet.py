"""What an output may hold of a reply: all but the secrets this kernel knows, which a server may have repeated.

The reply itself is never changed. Outputs are saved with a notebook, and notebooks are given to others.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from mcp_magics.redact import redactor
from mcp_magics.results.document import Line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from mcp_magics.results.reply import Reply

REPLACED = Line("note: it repeats a secret, shown as its placeholder; .raw has what was sent", "note")


def discreet(reply: Reply) -> Reply:
    """``reply`` with a placeholder for every known secret; itself, as it mostly is, where it repeats none."""
    redact = redactor()
    if not redact.knows_any:
        return reply
    frame = reply.frame or _written(reply)
    return replace(reply, frame=redact.known(frame), message=None) if redact.is_in(frame) else reply


def _written(reply: Reply) -> bytes:
    """The reply of a server in this kernel, which has no bytes; none either where it is nested deeper than is shown."""
    try:
        return json.dumps({"result": reply.result()}).encode()
    except RecursionError:
        return b""


def discreet_lines(lines: Iterable[Line]) -> list[Line]:
    """``lines`` with a placeholder for every secret, and one more that says so."""
    return [*(replace(line, text=redactor().text(line.text)) for line in lines), REPLACED]
