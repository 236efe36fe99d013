"""A login as something to look at: the link while it waits, one live line, and in the end what came of it.

What stays in a saved notebook holds no link, nor does one saved while a page draws the panel: it is good once.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from mcp_magics.results.listing import counted
from mcp_magics.results.sanitise import clean, escaped, is_clickable
from mcp_magics.widgets.login_view import place_of, steps_view

if TYPE_CHECKING:
    from mcp_magics.connection.login.login_job import LoginJob
    from mcp_magics.widgets.login_view import View

Bundle = dict[str, str]

PASTED_BELOW = "or paste below the address the browser ends on, if its page does not open"
PASTED_LATER = "job.paste('ADDRESS') takes the address the browser ends on, if its page does not open"


def panel(job: LoginJob, how: str = PASTED_BELOW) -> Bundle:
    """How ``job`` stands, rich and plain; ``how`` says where the address may be pasted."""
    link = job.link
    if link is None or job.state != "waiting":
        return _line(f"{job.server}: {job.line}")
    notes = [how, *link.notes]
    if job.is_drawn:
        shown = _line(f"{job.server}: waiting for a browser since {_clock(job.began)}; its live panel has the link")
    else:
        shown = {"text/plain": _plain(job.server, link.url, notes), "text/html": _html(job.server, link.url, notes)}
    return {**shown, "text/html": f'<div data-mcp-static="{place_of(job)}">{shown["text/html"]}</div>'}


def ended(job: LoginJob, unlocked: str = "") -> Bundle:
    """What is left in the notebook: how it ended, when, what that ``unlocked``, and the steps with their times."""
    line = _line(f"{job.server}: {job.line} (as of {_clock(time.time())}){unlocked and f' · {unlocked}'}")
    rows = "".join(f"<div>{_step(each)}</div>" for each in steps_view(job))
    if not rows:
        return line
    summary = f"<summary><small>{counted(len(job.steps), 'step')}</small></summary>"
    return {**line, "text/html": f"{line['text/html']}<details>{summary}{rows}</details>"}


def _clock(at: float) -> str:
    return time.strftime("%H:%M UTC", time.gmtime(at))


def _step(step: View) -> str:
    name, text = escaped(step["name"]), escaped(step["text"])
    return f"<small>{step['mark']} {name}: {text} · {step['at']}</small>"


def _line(text: str) -> Bundle:
    return {"text/plain": clean(text), "text/html": escaped(text)}


def _plain(server: str, url: str, notes: list[str]) -> str:
    return "\n".join([f"{clean(server)}: log in here:", f"  {url}", *(f"  {clean(note)}" for note in notes)])


def _html(server: str, url: str, notes: list[str]) -> str:
    address = escaped(url)
    anchor = f'<a href="{address}" target="_blank" rel="noopener noreferrer">log in to {escaped(server)}</a>'
    shown = anchor if is_clickable(url) else address
    rest = "".join(f"<br><small>{escaped(note)}</small>" for note in notes)
    return f'<div style="border-left:3px solid #9a6700;padding-left:8px"><b>{shown}</b>{rest}</div>'
