"""A flow taken apart as a sequence diagram: the notebook, the browser, and the hosts its requests go to."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from mcp_magics.results.sequence import Arrow, Interaction, Participant, interaction
from mcp_magics.wire.arrows import CLIENT, host_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mcp_magics.auth.showing import ShownStep

_BROWSER = Participant("browser", "browser", "of a person, or a script")
_BY_BROWSER = "browser"
"""The method of a step that a browser makes."""


def interaction_of_steps(steps: Sequence[ShownStep]) -> Interaction:
    """What was asked and what came back at each of ``steps``, secrets as placeholders."""
    hosts = {host_of(step.url): step for step in reversed(steps) if step.method != _BY_BROWSER}
    in_order = sorted(hosts, key=lambda host: hosts[host].number)
    others = [Participant(f"host:{host}", host or "?", "HTTP") for host in in_order]
    return interaction([CLIENT, _BROWSER, *others], [arrow for step in steps for arrow in _arrows(step)])


def _arrows(step: ShownStep) -> list[Arrow]:
    by_browser = step.method == _BY_BROWSER
    other = _BROWSER.key if by_browser else f"host:{host_of(step.url)}"
    path = urlsplit(step.url).path if host_of(step.url) else step.url
    asked = f"{step.name}: {'open' if by_browser else step.method} {step.url if by_browser else path or '/'}"
    said = f"{step.status} {step.error}".strip() or step.decision
    return [
        Arrow(CLIENT.key, other, asked, "request", step.number),
        Arrow(other, CLIENT.key, f"{said}: {step.decision}", "answer", step.number, failed=bool(step.error)),
    ]
