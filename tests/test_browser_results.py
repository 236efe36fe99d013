"""Results in a real browser: what is hostile in them runs nothing and reaches nobody, and the keyboard opens them."""

from __future__ import annotations

import nbformat
import pytest
from nbconvert import HTMLExporter
from support.answers import call, reply
from support.beacon import Beacon
from support.commands import showcase
from support.lab import Desk, chromium, running_lab
from support.showcase_server import blocks, resources

from mcp_magics.results.content import ReadResult

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

REFUSALS = ("Content Security Policy", "sandboxed", "Unsafe attempt to load URL")
"""What a page's console says of a document that was kept from doing something."""


@pytest.fixture(scope="module")
def beacon():
    listening = Beacon()
    yield listening
    listening.close()


def saved(beacon):
    """A notebook saved with every result as its outputs, as nbconvert makes a page of it."""
    results = [ReadResult(reply({"contents": [{"uri": n, **each}]}), "s", n) for n, each in resources(beacon).items()]
    results += [call(*each) for each in blocks(beacon).values()]
    bundles = [bundle for result in results for bundle in result.display_parts()]
    outputs = [nbformat.v4.new_output("display_data", data=each) for each in bundles]
    cell = nbformat.v4.new_code_cell("…", outputs=outputs, execution_count=1)
    body, _ = HTMLExporter(template_name="basic").from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))
    return f"<!doctype html><title>saved</title><main>{body}</main>"


def only_the_control_arrives(page, beacon):
    """Whether a request sent now is the first that reaches the beacon: what would have gone before it did not."""
    page.evaluate("url => { fetch(url).catch(() => 0); }", f"{beacon.url}/control")
    return b"/control" in beacon.wait() and beacon.connections() == 0


def test_a_saved_page_runs_nothing_asks_nobody_and_opens_by_the_keyboard(beacon):
    asked, said = [], []
    with chromium() as browser:
        page = browser.new_page()
        page.on("request", lambda each: asked.append(each.url))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.set_content(saved(beacon.url), wait_until="networkidle")
        assert page.frame_locator("iframe").first.locator("#hello").inner_text() == "Only this is seen."
        picture = page.locator(".mcp-gallery details").first
        assert picture.locator("img").bounding_box()["height"] <= 200
        width = picture.bounding_box()["width"]
        picture.locator("summary").focus()
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('.mcp-gallery details').open")
        assert picture.bounding_box()["width"] > 2 * width
        branch = page.locator("details:not([open]) > summary:visible", has_text="address").first.element_handle()
        branch.press("Enter")
        assert branch.evaluate("each => each.parentElement.open")
        assert page.evaluate("() => window.hacked") is None
        assert said == []
        assert [each for each in asked if not each.startswith(("data:", beacon.url))] == []
        assert only_the_control_arrives(page, beacon)


def test_in_jupyterlab_fresh_results_run_nothing_and_ask_nobody(beacon, tmp_path):
    names = [*(f"%mcp read show show://{name}" for name in resources(beacon.url))]
    names += [f"%mcp call show.{name}" for name in blocks(beacon.url)]
    start = f"%load_ext mcp_magics\n%mcp add show --quiet -- {showcase(beacon.url)}"
    with running_lab(tmp_path) as lab, chromium() as browser:
        lab.write(start, *names, "print('all of it')")
        desk = Desk.at(browser, lab)
        desk.run_all()
        desk.wait_for_last_output()
        for number in range(1, len(names) + 1):
            desk.output(number).scroll_into_view_if_needed()
            desk.output(number).locator(".jp-OutputArea-output").first.wait_for()
        frame = desk.output(1).frame_locator("iframe")
        assert frame.locator("#hello").inner_text() == "Only this is seen."
        assert desk.page.evaluate("() => window.hacked") is None
        assert [each for each in desk.complaints if not any(word in each for word in REFUSALS)] == []
        assert only_the_control_arrives(desk.page, beacon)
        desk.page.context.close()
        lab.end_kernels()
