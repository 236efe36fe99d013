"""A login under way for a page: its steps with their times, and, while it waits, the link to open."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Any

from mcp_magics.auth.flow.state import Refused
from mcp_magics.auth.showing import shown
from mcp_magics.results.sanitise import clean, is_clickable, one_line

if TYPE_CHECKING:
    from mcp_magics.auth.driver import Step
    from mcp_magics.auth.login import Link
    from mcp_magics.connection.login.login_job import LoginJob

View = dict[str, Any]
_LONGEST = 300
TICK, CROSS = "✓", "✗"
_HERE = secrets.token_hex(6)


def place_of(job: LoginJob) -> str:
    """Where a login's panel is drawn: a page may show several notebooks, and each has its first job."""
    return f"{_HERE}-{job.number}"


def login_view(job: LoginJob) -> View:
    """How ``job`` stands; ``link`` is empty where nobody has to open one."""
    waits = job.state == "waiting"
    return {
        "server": clean(job.server),
        "line": one_line(job.line, _LONGEST),
        "waits": waits,
        "began": job.began,
        "steps": steps_view(job),
        **link_view(job.link if waits else None),
    }


def link_view(link: Link | None) -> View:
    """The address to open, what to know about it, how long it is waited for; one that may not be clicked is text."""
    if link is None:
        return {"link": "", "clickable": False, "notes": [], "limit": ""}
    notes = [one_line(note, _LONGEST) for note in link.notes]
    until = time.strftime("%H:%M:%S UTC", time.gmtime(link.given + link.seconds))
    limit = f"waits until {until}, {link.seconds:g} s"
    return {"link": link.url, "clickable": is_clickable(link.url), "notes": notes, "limit": limit}


def steps_view(job: LoginJob) -> list[View]:
    """The steps taken: a tick or a cross, the name, what was decided, seconds since the login began."""
    return [_step(step, job.began) for step in list(job.steps)]


def _step(step: Step, began: float) -> View:
    failed = step.failure is not None or isinstance(step.after, Refused)
    return {
        "mark": CROSS if failed else TICK,
        "tone": "bad" if failed else "good",
        "name": step.name.replace("_", " "),
        "text": one_line(shown(step).decision, _LONGEST),
        "at": f"{max(step.at - began, 0):.2f} s",
    }
