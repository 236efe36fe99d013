"""Take the pictures in ``docs/images`` anew: ``PYTHONPATH=tests python docs/pictures.py [NAME …]``.

Each is a panel as the tests open it, in JupyterLab and both of its themes; look at them before they are kept.
"""
# ruff: noqa: INP001  a script beside the pages that show what it takes, not a package

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from support.commands import showcase, tables
from support.lab import Lab, chromium, running_lab
from support.panels import LOAD, PANELS, WITH_MANY, Panel

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator

IMAGES = Path(__file__).parent / "images"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
LARGEST = 150 * 1024
"""Bytes a picture may have."""


def results(output: Locator) -> None:
    """Images, a tree and a page, one below the other."""
    output.get_by_text("watched pot").wait_for()


def browse(output: Locator) -> None:
    """A tool of the shop that was searched for, and opened."""
    output.get_by_role("combobox", name="filter").fill("order")
    output.locator(".mcpb-row", has_text="list_orders").first.click()
    output.locator(".mcpb-detail form").wait_for()
    output.locator(".mcpf-cell", has_text="list_orders").wait_for()


def form(output: Locator) -> None:
    """A form that is filled in: a choice of shapes, a group that was added, the cell that does the same."""
    output.get_by_role("textbox", name="name (required)").fill("Ada")
    output.get_by_role("textbox", name="price", exact=True).fill("1.10")
    output.get_by_label("shape: which of 2").select_option("Square")
    output.get_by_role("button", name="Add to · Address").click()
    output.get_by_role("textbox", name="town (required)").fill("Bath")
    output.locator(".mcpf-cell", has_text="Bath").wait_for()


def table(output: Locator) -> None:
    """Some of many rows found and sorted, one cell whole."""
    output.get_by_label("filter rows by words").fill("japan matcha")
    output.get_by_role("status").filter(has_text="40 of 400 rows").wait_for()
    output.get_by_role("button", name="stock", exact=True).click()
    output.get_by_role("status").filter(has_text="by stock, ascending").wait_for()
    output.locator("tr.mcpd-row td").nth(1).click()
    output.get_by_role("region", name="one cell whole").wait_for()


SHOWN = "%mcp call show.gallery\n%mcp call show.order\n%mcp read show show://readme"
SHOP = f"{LOAD}%mcp playground start shop --quiet\n%mcp connect shop"
SCENES = PANELS | {
    "table": Panel((f"{LOAD}%mcp add t --quiet -- {tables()}", "%mcp call t.teas"), table),
    "browse": Panel((SHOP, "%mcp browse"), browse),
    "form": Panel((WITH_MANY, "%mcp form many.order"), form),
    "results": Panel((f"{LOAD}%mcp add show --quiet -- {showcase('http://127.0.0.1:9')}", SHOWN), results, "xpath=."),
}


def take(name: str, lab: Lab, browser: Browser) -> None:
    """Open the panel of that name and write a picture of it in each theme."""
    scene = SCENES[name]
    desk = scene.opened(lab, browser)
    desk.page.set_viewport_size({"width": 1000, "height": 1700})
    root = scene.shown(desk)
    desk.page.add_style_tag(content=".Toastify, .jp-NotebookPanel-toolbar { display: none }")
    for word, theme in THEMES.items():
        desk.wear(theme)
        desk.page.mouse.move(0, 0)
        picture = root.screenshot(animations="disabled")
        assert len(picture) <= LARGEST, f"{name}-{word} has {len(picture):,} bytes"
        (IMAGES / f"{name}-{word}.png").write_bytes(picture)
    desk.page.context.close()
    lab.end_kernels()


def main(names: list[str]) -> None:
    """Take all pictures, or those that are named."""
    with tempfile.TemporaryDirectory() as directory, running_lab(Path(directory)) as lab, chromium() as browser:
        for name in names or SCENES:
            take(name, lab, browser)


if __name__ == "__main__":
    main(sys.argv[1:])
