"""A flow taken apart for a page: who speaks to whom, step by step, one step whole, and the fields of the next."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from mcp_magics.results.pretty import pretty
from mcp_magics.results.sanitise import clean, escaped, one_line

if TYPE_CHECKING:
    from mcp_magics.auth.showing import ShownStep
    from mcp_magics.connection.login.oauth_flow import OAuthFlow
    from mcp_magics.connection.login.step_view import NextStep

View = dict[str, Any]

LANES = ("notebook", "server", "authorization server", "browser")
_AT_SERVER = ("anonymous", "resource_metadata")
_SHORT, _LONG = 300, 4_000
_LINE = 60


def flow_view(flow: OAuthFlow) -> View:
    """All steps in short, where it stands, and the next request."""
    following = flow.upcoming
    return {
        "server": clean(flow.server),
        "lanes": list(LANES),
        "outcome": one_line(flow.outcome, _SHORT),
        "way_on": clean(flow.way_on),
        "ended": flow.ended,
        "rows": [_row(step) for step in flow.steps],
        "next": None if following is None else _next(following),
    }


def flow_bundle(flow: OAuthFlow, static: str) -> dict[str, str]:
    """The flow as it stands, for where no page draws it; ``static`` names it for the page that does, and hides it."""
    shown = flow._repr_mimebundle_()
    return {**shown, "text/html": f'<div data-mcp-static="{escaped(static)}">{shown["text/html"]}</div>'}


def step_detail(step: ShownStep) -> View:
    """One step whole: request, answer, decision, and the section that demands it."""
    sent = [[name, value, ""] for name, value in step.headers.items()]
    sent += [[each.name, each.value, each.mark] for each in step.marked]
    return {
        "number": step.number,
        "name": step.name,
        "section": clean(step.section),
        "asks": f"{step.method} {clean(step.url)}",
        "sent": [[clean(name), _laid_out(value), mark] for name, value, mark in sent],
        "status": clean(step.status),
        "came": [[clean(name), _laid_out(value), ""] for name, value in step.answer],
        "decision": clean(step.decision),
        "notes": [clean(note) for note in step.notes],
    }


def _laid_out(value: str) -> str:
    """``value`` to read, cut; a JSON object that is longer than a line is indented."""
    value = value[:_LONG]
    if value.startswith("{") and len(value) > _LINE:
        try:
            text, is_whole = pretty(json.loads(value), 2 * _LONG)
        except (ValueError, RecursionError):
            return clean(value)
        return clean(text) if is_whole else clean(value)
    return clean(value)


def _row(step: ShownStep) -> View:
    start, end = _ways(step)
    return {
        "number": step.number,
        "name": step.name.replace("_", " "),
        "start": start,
        "end": end,
        "status": one_line(step.status, 40),
        "error": one_line(step.error, 60),
        "changed": one_line(step.changed, _SHORT),
        "decision": one_line(step.decision, _SHORT),
    }


def _ways(step: ShownStep) -> tuple[int, int]:
    """From which lane to which."""
    if step.method == "browser":
        return LANES.index("browser"), LANES.index("authorization server")
    return LANES.index("notebook"), LANES.index("server" if step.name in _AT_SERVER else "authorization server")


def _next(following: NextStep) -> View:
    fields = [
        {"name": clean(name), "value": "" if following.is_secret(place) else clean(value[:_LONG])}
        | ({"stands": clean(value[:_SHORT])} if following.is_secret(place) else {})
        for place, (name, value) in enumerate(following.fields)
    ]
    return {
        "name": following.name,
        "section": clean(following.section),
        "asks": f"{following.method} {clean(following.url)}",
        "fields": fields,
    }
