"""The page itself: Chromium before JupyterLab tells the kernel where it stands, and reaches it through the proxy."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest
from support.lab import BASE, Desk

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

ON_A_HUB = f"import os\nos.environ['JUPYTERHUB_SERVICE_PREFIX'] = '{BASE}'\n"
START = "%load_ext mcp_magics\n%mcp playground start l2 --quiet"


def test_on_a_hub_the_page_finds_the_proxy_and_the_browser_comes_back_through_it(lab, browser):
    lab.write(ON_A_HUB + START, "%mcp login l2", "%mcp status")
    desk = Desk.at(browser, lab)
    try:
        desk.run_all()
        link = desk.output(1).get_by_role("link", name="log in to l2")
        (redirect,) = parse_qs(urlsplit(link.get_attribute("href")).query)["redirect_uri"]
        assert redirect.startswith(f"{lab.origin}{BASE}proxy/")
        desk.output(1).get_by_role("button", name="Cancel").wait_for()
        window = desk.visit(link)
        window.get_by_role("button", name="Approve").click()
        window.get_by_text("l2 is logged in.").wait_for()
        assert window.url.startswith(f"{redirect}?code=")
        desk.output(2).get_by_text("oauth_ok").first.wait_for()
        assert not desk.output(1).get_by_role("button", name="Cancel").is_visible()
        assert desk.complaints == []
    finally:
        desk.page.context.close()
        lab.end_kernels()


def test_cancel_in_the_panel_ends_the_cell(lab, browser):
    lab.write(START, "%mcp login l2")
    desk = Desk.at(browser, lab)
    try:
        desk.run_all()
        desk.output(1).get_by_role("button", name="Cancel").click()
        desk.output(1).get_by_text("the login was cancelled").first.wait_for()
        assert not desk.output(1).get_by_role("button", name="Cancel").is_visible()
        assert desk.complaints == []
    finally:
        desk.page.context.close()
        lab.end_kernels()
