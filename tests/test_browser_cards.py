"""The live cards in a real browser: Chromium before JupyterLab, buttons pressed, a login, a restart under the panel."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from support.lab import Desk
from support.notebook import S1

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

PICTURES = os.environ.get("MCP_MAGICS_PICTURES_OF_CARDS", "")
"""The directory where pictures are put, for the documentation; none are made where it is not said."""
START = f"%load_ext mcp_magics\n%mcp playground start l2 --quiet\n%mcp add s1 --quiet -- {S1}\n"
START += "%mcp add broken --no-connect --quiet -- no-such-program-anywhere"
GONE = "the kernel is gone; run %mcp list again"


def card(output, name):
    return output.get_by_role("listitem", name=name, exact=True)


def press(output, name, button):
    card(output, name).get_by_role("button", name=f"{button} {name}", exact=True).click()


def axis(output, name, word):
    """Wait until that word is one of the card's."""
    card(output, name).locator("dd", has_text=word).first.wait_for()


def picture(locator, name):
    if PICTURES:
        locator.page.add_style_tag(content=".Toastify, .jp-NotebookPanel-toolbar { display: none }")
        locator.screenshot(path=Path(PICTURES) / name)


def test_the_buttons_of_a_card_do_what_the_verbs_do_and_the_cards_tell_of_it(desk, lab):
    this = desk(START, "%mcp list")
    output = this.output(1)
    axis(output, "s1", "ready")
    press(output, "s1", "Disconnect")
    axis(output, "s1", "idle")
    output.get_by_text("s1: disconnected").wait_for()
    press(output, "s1", "Connect")
    axis(output, "s1", "ready")
    press(output, "s1", "Restart")
    output.get_by_text("s1: restarted").wait_for()
    press(output, "broken", "Connect")
    axis(output, "broken", "failed")
    card(output, "broken").get_by_text("no-such-program-anywhere").first.wait_for()
    card(output, "broken").get_by_role("button", name="copy the line").first.wait_for()
    this.save()
    assert "widget-view" not in lab.saved()
    assert this.complaints == []


def test_a_login_begun_in_its_card_has_its_link_and_its_steps_there(desk, lab):
    this = desk(START, "%mcp list")
    this.page.set_viewport_size({"width": 1200, "height": 1300})
    output = this.output(1)
    press(output, "broken", "Connect")
    axis(output, "broken", "failed")
    press(output, "l2", "Log in")
    link = output.get_by_role("link", name="log in to l2")
    link.wait_for()
    output.get_by_text("resource metadata").first.wait_for()
    output.get_by_role("button", name="cancel the login of l2").wait_for()
    picture(output, "cards-light.png")
    this.save()
    assert "code_challenge" not in lab.saved()
    this.wear("JupyterLab Dark")
    picture(output, "cards-dark.png")
    this.wear("JupyterLab Light")
    this.visit(link).get_by_role("button", name="Approve").click()
    output.get_by_text("l2: logged in").wait_for()
    axis(output, "l2", "ready")
    assert not link.is_visible()
    assert this.complaints == []


def test_a_restarted_kernel_is_told_in_the_panel_and_its_buttons_are_dead(desk):
    this = desk(START, "%mcp list")
    output = this.output(1)
    axis(output, "s1", "ready")
    this.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.session.kernel.restart()")
    output.get_by_text(GONE).wait_for()
    assert card(output, "s1").get_by_role("button", name="Restart s1").is_disabled()
    this.wait_until_idle()
    this.run(0)
    this.run(1)
    axis(output, "s1", "ready")
    assert card(output, "s1").count() == 1
    own = [
        text for text in this.complaints if "Canceled future" not in text
    ]  # JupyterLab says that of its own messages
    assert own == []


def test_two_windows_of_one_notebook_tell_the_same(desk, lab, browser):
    this = desk(START, "%mcp list")
    axis(this.output(1), "s1", "ready")
    this.save()
    other = Desk.at(browser, lab)
    try:
        axis(other.output(1), "s1", "ready")
        press(other.output(1), "s1", "Disconnect")
        for each in (this, other):
            axis(each.output(1), "s1", "idle")
        press(this.output(1), "s1", "Connect")
        for each in (this, other):
            axis(each.output(1), "s1", "ready")
        assert this.complaints == other.complaints == []
    finally:
        other.page.context.close()


def test_only_the_newest_cards_are_live_and_earlier_ones_stay_as_they_were(desk):
    this = desk(START, "%mcp list", "%mcp status")
    axis(this.output(2), "s1", "ready")
    this.output(1).get_by_role("button", name="Restart s1").wait_for(state="detached")
    this.output(1).get_by_text("as of").first.wait_for()
    assert this.complaints == []
