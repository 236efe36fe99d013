"""What a server requires, as its answers have shown: measured, never inferred from what it publishes."""

from __future__ import annotations

import threading
import time

import pytest
from support.flow import NO_ANSWER, auth_server, credential, resource, settings
from support.odd_http import Response
from support.until import PATIENCE

from mcp_magics.auth.flow.state import Discovered, Found, Granted, Refused, Tried
from mcp_magics.auth.requirement import NOT_MEASURED, measured
from mcp_magics.connection.manager import servers

TRIED = (Tried("https://h/.well-known/x", "404"),)
BOTH = {"resource": resource(), "server": auth_server()}

TABLE = [
    (Discovered, Found("initialize"), "required"),
    (Discovered, Found("tools/list", **BOTH), "required"),
    (Discovered, Found(None, **BOTH), "optional"),
    (Discovered, Found(None, resource=resource()), "optional"),
    (Discovered, Found(None, server=auth_server()), "optional"),
    (Discovered, Found(None, tried=TRIED), "none"),
    (Discovered, Found(None, tried=TRIED, unchecked=NO_ANSWER), "unknown"),
    (Discovered, Found("initialize", unchecked=NO_ANSWER), "required"),
    (Refused, Found(), "unknown"),
    (Refused, Found("initialize"), "required"),
    (Refused, Found(None, resource=resource()), "optional"),
    (Refused, Found(None, tried=TRIED), "optional"),
]


@pytest.mark.parametrize(("end", "found", "word"), TABLE)
def test_the_end_of_a_discovery_shows_what_is_required(end, found, word):
    state = Discovered(settings(), found) if end is Discovered else Refused(NO_ANSWER, found)
    known = measured(state)
    assert known.requirement == word
    assert known.found == found
    assert known.refused == found.refused
    assert known.at == pytest.approx(time.time(), abs=30)


def test_what_could_not_be_checked_is_kept_as_the_reason():
    assert measured(Discovered(settings(), Found(unchecked=NO_ANSWER))).failure == NO_ANSWER
    assert measured(Refused(NO_ANSWER)).failure == NO_ANSWER
    assert measured(Discovered(settings(), Found(None, **BOTH))).failure is None


def test_an_end_that_is_none_of_a_discovery_shows_nothing():
    assert measured(Granted(credential())).requirement == "unknown"


@pytest.mark.parametrize(
    ("state", "text"),
    [
        (Discovered(settings(), Found("tools/list")), "required (tools/list is refused without a credential)"),
        (Discovered(settings(), Found(None, **BOTH)), "optional (not needed; a login is offered)"),
        (Discovered(settings(), Found()), "none"),
        (Refused(NO_ANSWER), "unknown (no_response)"),
    ],
)
def test_the_requirement_is_told_in_words(state, text):
    assert measured(state).text == text
    assert NOT_MEASURED.text == "unknown"


def test_the_evidence_is_every_address_then_what_was_tolerated_then_the_failure():
    known = measured(Refused(NO_ANSWER, Found(tried=TRIED, problems=("names no resource",))))
    assert known.evidence[:2] == ("https://h/.well-known/x: 404", "names no resource")
    assert "nobody answered" in known.evidence[2]
    assert NOT_MEASURED.evidence == ()


def after(over):
    over.wait(PATIENCE)
    return Response(404, ())


@pytest.mark.parametrize(("status", "word"), [(401, "required"), (200, "unknown")])
def test_a_refusal_that_was_seen_stays_one_though_the_documents_never_come(shell, odd, monkeypatch, status, word):
    monkeypatch.setattr("mcp_magics.connection.login.authority.DISCOVERY_TIMEOUT", 0.3)
    over = threading.Event()
    if status == 401:
        odd.on["*"] = lambda _asked: Response(401, headers={"www-authenticate": "Bearer"})
    odd.on["GET"] = lambda asked: Response(405) if asked.path == "/mcp" else after(over)
    try:
        shell(f"%mcp add slow {odd.url} --quiet")
        known = servers["slow"].status.measured
    finally:
        over.set()
    assert known.requirement == word
    assert known.failure.class_ == "no_response"
