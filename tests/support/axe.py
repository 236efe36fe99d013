"""axe-core, which nobody here wrote, held against what a page shows: the rules of WCAG 2.2 AA and good practice."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from support.paths import BUILD
from support.required import required

if TYPE_CHECKING:
    from playwright.sync_api import Locator

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
NOT_MEASURED = (
    "frame-tested: ",  # the document of an app is its server's
    "color-contrast: Element content contains only non-text characters",  # ticks and the like, in colours of texts
    "color-contrast: Element content is too short",
    "label-content-name-mismatch: Unable to determine",  # signs again: { } is no word
)
"""What axe cannot say."""


def breaches(root: Locator) -> list[str]:
    """A line for each element within ``root`` that breaks a rule, or of which axe cannot say that it does not.

    A page on which no contrast of colours could be measured breaks that rule.
    """
    page = root.page
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_source())
        # JupyterLab's body has no height and hides what flows over: to a browser that is the window's, to axe not.
        page.add_style_tag(content="body { overflow: visible !important }")
    found: list[str] = page.evaluate(_RUN, [root.element_handle(), TAGS])
    return [each for each in found if not each.startswith(NOT_MEASURED)]


@cache
def _source() -> str:
    script = BUILD / "node" / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        required(f"axe-core is not in {script.parent}: run `make node`")
    return script.read_text("utf-8")


# Rules of WCAG 2.2 AA that axe leaves off unless it is asked: the size of targets, and names that say what is read.
_RUN = """async ([root, tags]) => {
  const rules = { 'target-size': { enabled: true }, 'label-content-name-mismatch': { enabled: true } };
  const found = await axe.run(root, { runOnly: { type: 'tag', values: tags }, rules, iframes: false });
  const lines = [...found.violations, ...found.incomplete].flatMap(({ id, nodes }) => nodes.map((node) => {
    const why = [...node.any, ...node.all, ...node.none].map((each) => each.message).join('; ');
    return `${id}: ${why}: ${node.html.slice(0, 300)}`;
  }));
  const measured = [...found.passes, ...found.violations].some(({ id }) => id === 'color-contrast');
  return measured ? lines : [...lines, 'color-contrast: none could be measured'];
}"""
