"""How large the page is that a person sees, and with what magnification."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def make_room(page: Page) -> None:
    """Close JupyterLab's side bar and its news, as people do on small screens."""
    page.evaluate("() => window.jupyterapp.shell.collapseLeft()")
    page.add_style_tag(content=".Toastify { display: none }")


@contextmanager
def seen_at(page: Page, width: int, height: int = 900, *, scale: float = 1) -> Iterator[None]:
    """The page on a screen of so many CSS pixels until the block ends; a ``scale`` of 2 is a zoom of 200 %."""
    session = page.context.new_cdp_session(page)
    size = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": False}
    session.send("Emulation.setDeviceMetricsOverride", size)
    try:
        page.wait_for_function("(width) => window.innerWidth === width", arg=width)
        yield
    finally:
        session.send("Emulation.clearDeviceMetricsOverride")
        session.detach()
