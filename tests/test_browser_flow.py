"""The stepper of an OAuth flow in a real browser: steps run by clicks, a field changed, a consent, a step repeated."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.lab import Desk

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

PICTURES = os.environ.get("MCP_MAGICS_PICTURES_OF_CARDS", "")
"""The directory where pictures are put, for the documentation; none are made where it is not said."""
START = "%load_ext mcp_magics\n%mcp playground start l2 --quiet"

LINES = "(e) => { const r = document.createRange(); r.selectNodeContents(e); return r.getClientRects().length; }"
"""On how many lines the text of an element stands."""


def steps_of(output):
    return output.get_by_role("list", name="steps of the flow").get_by_role("listitem")


def run_step(output, name):
    """Make the next request, and wait until it is in the sequence."""
    output.get_by_role("button", name="make the next request").click()
    output.get_by_role("button", name=f", {name}:").last.wait_for()
    output.locator("button.mcpp-main:enabled").wait_for()


def picture(locator, name):
    if PICTURES:
        locator.page.add_style_tag(content=".Toastify, .jp-NotebookPanel-toolbar { display: none }")
        locator.screenshot(path=Path(PICTURES) / name)


def test_a_flow_is_stepped_through_changed_consented_to_and_repeated_by_clicks(lab, browser):
    lab.write(START, "%mcp oauth l2 -o flow", "flow.df[['step', 'name', 'changed', 'error']]")
    desk = Desk.at(browser, lab)
    try:
        desk.page.set_viewport_size({"width": 1200, "height": 1500})
        desk.run(0)
        desk.wait_until_idle()
        desk.run(1)
        output = desk.output(1)
        for name in ("anonymous", "resource metadata", "server metadata", "registration"):
            run_step(output, name)
        output.get_by_role("button", name=", server metadata:").click()
        name = output.get_by_role("rowheader", name="response_types_supported")
        assert name.evaluate(LINES) == 1
        output.get_by_label("scope", exact=True).fill("shop:read")
        output.get_by_role("button", name="make all requests that follow").click()
        link = output.get_by_role("link", name="log in to l2")
        link.wait_for()
        assert "scope=shop%3Aread&" in link.get_attribute("href")
        picture(output, "flow-light.png")
        desk.save()
        assert "code_challenge=" not in lab.saved()
        tab = desk.visit(link)
        tab.get_by_role("button", name="Approve").click()
        tab.get_by_text("Nothing has succeeded yet").wait_for()
        output.get_by_text("granted", exact=True).wait_for()
        assert steps_of(output).count() == 6
        output.get_by_role("button", name=", token:").click()
        output.get_by_role("region", name="the chosen step").get_by_text("access_token").wait_for()
        output.get_by_role("button", name="stand before token again").click()
        output.get_by_label("leave code_verifier out").check()
        output.get_by_role("button", name="make the next request").click()
        output.get_by_text("invalid_grant").or_(output.get_by_text("invalid_request")).first.wait_for()
        desk.wear("JupyterLab Dark")
        picture(output, "flow-dark.png")
        desk.run(2)
        desk.output(2).get_by_text("scope (changed)").wait_for()
        desk.output(2).get_by_text("code_verifier (left out)").wait_for()
        assert desk.complaints == []
    finally:
        desk.page.context.close()
        lab.end_kernels()
