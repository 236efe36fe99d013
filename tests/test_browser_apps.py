"""Apps in a real browser: Chromium before JupyterLab, with documents that work and documents that would do harm."""

from __future__ import annotations

import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import nbformat
import pytest
from support.beacon import Beacon
from support.commands import apps
from support.lab import Desk

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

PICTURE = os.environ.get("MCP_MAGICS_PICTURE_OF_AN_APP", "")
"""Where a picture of the app is put, for the documentation; nowhere where it is not said."""


@pytest.fixture
def elsewhere(nothing_leaks):
    """A web server no app may reach: its address, and what was asked of it all the same."""
    asked = []

    class Noting(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()

        do_POST = do_OPTIONS = do_GET

        def log_message(self, *_):
            """Nothing: the paths are kept."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Noting)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def beacon(nothing_leaks):
    listening = Beacon()
    yield listening
    listening.close()


@pytest.fixture
def desk(lab, browser, elsewhere):
    """A function that opens a notebook of these cells, with the server of apps added, and runs them all."""
    open_desks = []

    def sit_down(*cells, options=""):
        start = f"%load_ext mcp_magics\n%mcp add stock --quiet {options} -- {apps(elsewhere[0])}\nprint('added')"
        lab.write(start, *cells)
        open_desks.append(Desk.at(browser, lab))
        open_desks[-1].run(0)  # alone: a page that still draws itself may be silent for too long to have a panel
        open_desks[-1].output(0).get_by_text("added").wait_for()
        open_desks[-1].run_all()
        return open_desks[-1]

    yield sit_down
    for each in open_desks:
        each.page.context.close()
    lab.end_kernels()


def app_in(desk, cell=1):
    """The document of the app, within its two frames."""
    return desk.output(cell).frame_locator("iframe").frame_locator("iframe")


def test_an_app_shows_the_result_calls_a_tool_by_a_click_offers_a_link_and_leaves_a_card(desk, lab, elsewhere):
    this = desk("%mcp call stock.stock item=tea")
    app = app_in(this)
    app.get_by_role("heading", name="tea").wait_for()
    app.get_by_text("stock: 12").wait_for()
    app.get_by_text("mcp_magics inline openLinks,serverTools,serverResources,sandbox").wait_for()
    app.get_by_role("button", name="Order ten").click()
    app.get_by_text("stock: 22").wait_for()
    app.get_by_role("button", name="Read").click()
    app.get_by_text("a quiet day").wait_for()
    if PICTURE:
        this.output(1).screenshot(path=PICTURE)
    for button, answer in [("Count", "not for apps"), ("Say hello", "a notebook has no conversation")]:
        app.get_by_role("button", name=button).click()
        app.get_by_text(f"-32000 {answer}").or_(app.get_by_text(f"-32000 count is {answer}")).wait_for()
    app.get_by_role("button", name="Manual").click()
    link = this.output(1).get_by_role("link", name="https://example.org/manual?x=%3Cb%3E")
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert len(this.page.context.pages) == 1, "a link is opened by a click on it, and only so"
    this.output(1).get_by_role("button", name="Dismiss").click()
    app.get_by_text("-32000 the link was not opened: dismissed").wait_for()
    frame = this.output(1).locator("iframe")
    assert frame.get_attribute("sandbox") == "allow-scripts"
    assert 40 <= frame.bounding_box()["height"] <= 802
    this.output(1).get_by_role("button", name="Close app").click()
    frame.wait_for(state="detached")
    this.output(1).get_by_text("app ui://stock/counter.html of stock (shown live in JupyterLab)").wait_for()
    this.save()
    outputs = nbformat.reads(lab.saved(), as_version=4).cells[1].outputs
    assert [set(output.data) for output in outputs] == [{"text/plain", "text/html"}] * 2
    assert this.complaints == []
    assert elsewhere[1] == []


def test_a_call_that_needs_approval_is_asked_for_in_the_panel(desk):
    this = desk("%mcp call stock.stock item=tea", options="--approval writes")
    app = app_in(this)
    for answer, said in [("Refuse", "-32000 the call of order was not approved"), ("Allow", "ordered")]:
        app.get_by_role("button", name="Order ten").click()
        this.output(1).get_by_text("The app asks: Call stock.order?").wait_for()
        this.output(1).get_by_role("button", name=answer).click()
        app.get_by_text(said).wait_for()
    app.get_by_text("stock: 22").wait_for()
    assert this.complaints == []


def test_an_app_reaches_neither_the_page_nor_the_network(desk, elsewhere):
    this = desk(
        "%mcp call stock.hostile",
        "%mcp call stock.leaving",
        "%mcp call stock.flooding",
        "%mcp call stock.stock item=tea",
    )
    app = app_in(this)
    for tried in (
        "parent: SecurityError",
        "top: SecurityError",
        "storage: SecurityError",
        "popup: got null",
        "top navigation: SecurityError",
        "fetch: blocked",
        "script link: only http and https links can be opened",
        "arguments: the arguments of order have to be an object",
        "sampling: -32601",
        "long: a message may have 262144 characters",
    ):
        app.get_by_text(tried).wait_for()
    assert this.output(1).locator("iframe").bounding_box()["height"] <= 802
    this.output(2).get_by_text("the plain result of leaving").wait_for()
    this.output(3).get_by_text("stopped: the app sent more messages than a page can take").wait_for()
    app_in(this, 4).get_by_text("stock: 12").wait_for()
    assert len(this.page.context.pages) == 1
    assert elsewhere[1] == []


def test_an_app_cannot_have_a_connection_opened_ahead_of_a_request(desk, beacon):
    this = desk(f"%mcp add far --quiet -- {apps(beacon.url)}\n%mcp call far.connecting")
    app_in(this).get_by_text("all tried").wait_for()
    assert beacon.connections() == 0
    this.page.evaluate("url => { fetch(url).catch(() => 0); }", beacon.url)
    beacon.wait()


def test_an_app_that_goes_elsewhere_has_said_nothing_there(desk, beacon):
    this = desk(f"%mcp add far --quiet -- {apps(beacon.url)}\n%mcp call far.going")
    link = app_in(this).get_by_role("link", name="there")
    link.click()
    link.wait_for(state="detached")
    assert set(beacon.messages()) <= {b""}
    this.page.evaluate("url => { fetch(url + '/control').catch(() => 0); }", beacon.url)
    assert b"/control" in beacon.wait()


def test_a_kernel_that_is_gone_leaves_the_card_and_no_button(desk):
    this = desk("%mcp call stock.stock item=tea")
    app_in(this).get_by_text("stock: 12").wait_for()
    this.page.evaluate("() => window.jupyterapp.shell.currentWidget.sessionContext.restartKernel()")
    this.output(1).locator("iframe").wait_for(state="detached")
    assert this.output(1).get_by_role("button").count() == 0
    this.output(1).get_by_text("app ui://stock/counter.html of stock").wait_for()
