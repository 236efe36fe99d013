"""Logins in a real browser: Chromium before JupyterLab, which is served below a path, behind a token, with a proxy."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import nbformat
import pytest
from support.lab import BASE, free_port
from support.paths import REPOSITORY

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

LESSON = REPOSITORY / "notebooks" / "oauth.ipynb"
SCRIPTED = "%mcp login l2 --consent approve"
START = "%load_ext mcp_magics\n%mcp playground start l2 --quiet"
TOOLS = "3 tools: whoami, read_stock, place_order"
IN_A_FUNCTION = "def f():\n    %mcp login l2 {}\nf()"


def link_of(desk, cell=1):
    return desk.output(cell).get_by_role("link", name="log in to l2")


def asked_of(link):
    """The parameters of the authorization request behind the link."""
    return {name: value for name, (value,) in parse_qs(urlsplit(link.get_attribute("href")).query).items()}


def approve(desk, decision="Approve"):
    """Click the link in the cell and a button of the consent page; the window that this leaves."""
    window = desk.visit(link_of(desk))
    window.get_by_role("button", name=decision).click()
    return window


def logged_in(desk, cell=1):
    """Wait until the cell shows what the login unlocked."""
    desk.output(cell).get_by_text(TOOLS).wait_for()
    assert desk.complaints == []


def test_a_click_on_the_link_and_a_consent_end_with_the_tools(desk, lab):
    this = desk(START, "%mcp login l2", "%mcp call l2.whoami")
    link = link_of(this)
    asked = asked_of(link)
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    window = approve(this)
    window.get_by_text("l2 is logged in.").wait_for()
    logged_in(this)
    this.output(2).get_by_text('"anonymous": false').wait_for()
    this.save()
    saved = lab.saved()
    assert TOOLS in saved
    for secret in (asked["state"], asked["code_challenge"], parse_qs(urlsplit(window.url).query)["code"][0]):
        assert secret not in saved


def test_a_notebook_saved_while_a_login_waits_or_after_its_kernel_was_shut_down_holds_no_link(desk, lab):
    this = desk(START, "%mcp login l2")
    asked = asked_of(link_of(this))
    this.output(1).get_by_text("its live panel has the link").wait_for(state="attached")
    this.save()
    assert [each for each in (asked["state"], asked["code_challenge"], "authorize?") if each in lab.saved()] == []
    this.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()")
    this.save()
    saved = lab.saved()
    assert [each for each in (asked["state"], asked["code_challenge"], "authorize?") if each in saved] == []
    assert ("<button" in saved, "widget-view" in saved) == (False, False)


def test_the_browser_comes_back_through_the_jupyter_proxy(desk, lab):
    port = free_port()
    callback = f"{lab.origin}{BASE}proxy/{port}/callback"
    this = desk(START, f"%mcp login l2 --callback-url {callback} --callback-port {port}")
    assert asked_of(link_of(this))["redirect_uri"] == callback
    window = approve(this)
    window.get_by_text("l2 is logged in.").wait_for()
    assert window.url.startswith(f"{callback}?code=")
    logged_in(this)


@pytest.mark.parametrize("cell", ["%mcp login l2 {}", IN_A_FUNCTION], ids=["panel", "input"])
def test_the_address_of_a_dead_page_is_pasted_into_the_cell(desk, cell):
    dead, port = free_port(), free_port()
    options = f"--callback-url http://127.0.0.1:{dead}/callback --callback-port {port}"
    this = desk(START, cell.format(options))
    went = []
    this.page.context.on("request", lambda request: went.append(request.url))
    this.page.context.on("requestfailed", lambda request: went.append(request.url))
    window = this.visit(link_of(this))
    with this.page.context.expect_event("requestfailed"):
        window.get_by_role("button", name="Approve").click()
    (address,) = {url for url in went if f":{dead}/callback?" in url}
    box = this.output(1).locator("input")
    box.fill(address)
    box.press("Enter")
    logged_in(this)


def test_a_callback_with_a_wrong_state_changes_nothing(desk):
    this = desk(START, "%mcp login l2")
    link = link_of(this)
    redirect_uri = asked_of(link)["redirect_uri"]
    stranger = this.page.context.new_page()
    answer = stranger.goto(f"{redirect_uri}?code=stolen&state=guessed")
    assert answer.status == 400
    assert link.is_visible()
    approve(this).get_by_text("l2 is logged in.").wait_for()
    logged_in(this)


def test_a_denied_consent_is_told_in_the_window_and_in_the_cell(desk):
    this = desk(START, "%mcp login l2")
    window = approve(this, "Deny")
    window.get_by_text("access_denied").first.wait_for()
    this.output(1).get_by_text("access_denied").first.wait_for()
    assert not link_of(this).is_visible()
    assert this.complaints == []


def test_the_kernel_is_free_while_a_login_waits_for_its_browser(desk):
    this = desk(START, "%mcp login l2 --no-wait -o job", "40 + 2", "job.wait(60)\njob.state")
    this.output(2).get_by_text("42").wait_for()
    approve(this).get_by_text("l2 is logged in.").wait_for()
    this.output(3).get_by_text("succeeded").wait_for()
    this.output(1).get_by_text("l2: logged in").wait_for()
    assert not link_of(this).is_visible()
    assert this.complaints == []


def test_the_lesson_runs_to_its_end_with_a_person_at_its_first_login(desk, lab):
    sources = [cell.source for cell in nbformat.read(LESSON, as_version=4).cells if cell.cell_type == "code"]
    login = sources.index(SCRIPTED)
    sources[login] = "%mcp login l2"
    this = desk(*sources)
    this.visit(link_of(this, login)).get_by_role("button", name="Approve").click()
    this.wait_for_last_output()
    this.save()
    ran = nbformat.reads(lab.saved(), as_version=4).cells
    assert [cell.source for cell in ran if any(each.output_type == "error" for each in cell.outputs)] == []
    assert "stopped: l1, l2" in str(ran[-1].outputs)
    assert this.complaints == []
