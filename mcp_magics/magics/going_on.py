"""The numbers of what goes on, for Tab: jobs and open questions, as far as anybody has begun one; imports nothing."""

from __future__ import annotations

import sys

_SETTLING = ("answer", "decline", "dismiss")


def numbers_of(what: str) -> tuple[str, ...]:
    """The numbers of every ``job``, of those there are to ``cancel``, or of the questions to settle; else none."""
    if what in _SETTLING:
        inbox = sys.modules.get("mcp_magics.connection.questions.inbox")
        return tuple(str(each.number) for each in inbox.inbox.standing()) if inbox is not None else ()
    register = sys.modules.get("mcp_magics.connection.jobs.register")
    if register is None or what not in ("job", "cancel"):
        return ()
    return tuple(str(each.number) for each in register.jobs if what == "job" or not each.done)
