"""What a saved notebook shows, held against the rules of WCAG 2.2 AA in a light and in a dark page."""

from __future__ import annotations

import json

import nbformat
import pytest
from nbconvert import HTMLExporter
from support.answers import call, reply
from support.axe import breaches
from support.showcase_server import blocks, resources

from mcp_magics.results.content import ReadResult
from mcp_magics.widgets.card import Card, bundle
from mcp_magics.wire.journal import Journal
from mcp_magics.wire.trace import read, trace_of

pytestmark = [pytest.mark.browser, pytest.mark.node]

NOWHERE = "http://127.0.0.1:9"
FRAMED = ("page", "drawing")
"""Shown in a frame without an origin, and as nothing else: their colours are their own."""
CARDS = [
    Card("shop", "none", "none", "ready", 7, transport="stdio", protocol="2026-07-28", violations=1),
    Card("l2", "required", "none", "idle"),
    Card("broken", "none", "none", "failed", problem="command_not_found: no program", step="%mcp add broken -- …"),
]
READ = {each: content for each, content in resources(NOWHERE).items() if each not in FRAMED}
SHOWN = {
    **{name: ReadResult(reply({"contents": [{"uri": name, **each}]}), "s", name) for name, each in READ.items()},
    **{name: call(*each) for name, each in blocks(NOWHERE).items()},
}


@pytest.fixture(params=["light", "dark"])
def saved(request, browser):
    """A function that makes the page of one cell with these outputs, in that theme."""
    page = browser.new_page()

    def show(bundles):
        outputs = [nbformat.v4.new_output("display_data", data=each) for each in bundles]
        cell = nbformat.v4.new_code_cell("…", outputs=outputs, execution_count=1)
        exporter = HTMLExporter(template_name="lab", theme=request.param)
        page.goto("about:blank")
        page.set_content(exporter.from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0])
        return page.locator(".jp-OutputArea").first

    return show


def test_axe_finds_nothing_wrong_with_results(saved):
    assert {name: breaches(saved(each.display_parts())) for name, each in SHOWN.items()} == dict.fromkeys(SHOWN, [])


def test_axe_finds_nothing_wrong_with_cards(saved):
    assert breaches(saved([bundle(CARDS, 0.0)])) == []


def test_axe_finds_nothing_wrong_with_the_wire_log_its_waterfall_and_its_diagram(saved):
    kept = Journal()
    for number, error in enumerate(({}, {"error": {"code": -32601, "message": "no such method"}})):
        kept.frame(
            "shop", "sent", "http", json.dumps({"id": number, "method": "tools/call", "params": {"name": "add"}})
        )
        kept.frame("shop", "received", "http", json.dumps({"id": number, **(error or {"result": {"content": []}})}))
    trace = trace_of(read(kept.entries()))
    shown = [trace, trace.waterfall(), trace.diagram()]
    found = [breaches(saved([each._repr_mimebundle_()])) for each in shown]
    assert found == [[], [], ["color-contrast: none could be measured"]]  # of an SVG; test_diagram does that
