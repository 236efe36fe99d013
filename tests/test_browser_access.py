"""Every panel as people see it who use other eyes, other themes, larger letters and narrower screens than most."""

from __future__ import annotations

import pytest
from support.axe import breaches
from support.lab import chromium
from support.panels import PANELS
from support.screen import seen_at

pytestmark = [pytest.mark.kernel, pytest.mark.browser, pytest.mark.node]

THEMES = ("JupyterLab Light", "JupyterLab Dark")
NARROW = 400
"""Pixels of the narrowest panel."""


@pytest.fixture(scope="module")
def chrome():
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module", params=PANELS)
def open_panel(request, lab, chrome):
    """Each panel in turn, as there is most to see of it, and the desk it lies on."""
    panel = PANELS[request.param]
    desk = panel.opened(lab, chrome)
    desk.page.set_viewport_size({"width": 1200, "height": 2400})  # what is scrolled away cannot be measured
    yield desk, panel.shown(desk)
    desk.page.context.close()
    lab.end_kernels()


def overhanging(root):
    """What stands out of the panel to the right, or is cut there, but for what scrolls and says so with an ellipsis."""
    return root.evaluate(_OVERHANGING)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_wrong(open_panel, theme):
    desk, root = open_panel
    desk.wear(theme)
    desk.page.wait_for_function(_STANDS_STILL)
    assert breaches(root) == []


def test_at_twice_the_size_nothing_is_cut_off(open_panel):
    desk, root = open_panel
    with seen_at(desk.page, 600, scale=2):
        assert overhanging(root) == []


def test_in_a_narrow_output_nothing_is_cut_off(open_panel):
    _, root = open_panel
    narrow = root.page.add_style_tag(content=f".jp-OutputArea {{ max-width: {NARROW}px }}")
    assert root.evaluate("root => root.getBoundingClientRect().width") <= NARROW
    assert overhanging(root) == []
    narrow.evaluate("style => style.remove()")


def test_on_a_wide_screen_nothing_is_cut_off(open_panel):
    desk, root = open_panel
    with seen_at(desk.page, 1900):
        assert overhanging(root) == []


def test_its_letters_grow_with_those_of_the_page(open_panel):
    _, root = open_panel
    small = root.evaluate(_LETTERS)
    larger = root.page.add_style_tag(
        content=":root { --jp-content-font-size1: 28px !important; --jp-ui-font-size1: 26px !important }"
    )
    grown = root.evaluate(_LETTERS)
    larger.evaluate("style => style.remove()")
    assert len(small) == len(grown) > 0
    assert [text for (text, size), (_, larger) in zip(small, grown, strict=True) if larger < 1.9 * size] == []


def test_tab_reaches_every_control_and_each_shows_that_it_has_the_focus(open_panel):
    desk, root = open_panel
    keyboard, names = desk.page.keyboard, []
    controls = root.evaluate(_CONTROLS)
    root.evaluate(_BEGIN)
    while (at := root.evaluate(_FOCUSED)) is not None and len(names) <= controls:
        assert at["ring"], f"{at['name']} has the focus and does not show it"
        names += [] if at["again"] else [at["name"].strip()]  # a date has parts, which Tab visits one by one
        keyboard.press("Tab")
    assert len(names) == controls
    assert all(names)


_STANDS_STILL = "() => document.getAnimations().every((each) => each.playState !== 'running')"
_OVERHANGING = """(root) => {
  const right = root.getBoundingClientRect().right + 1;
  const scrolls = (each) => ['auto', 'scroll'].includes(getComputedStyle(each).overflowX) && each.tabIndex >= 0;
  const withinOne = (each) => each !== root && (scrolls(each) || withinOne(each.parentElement));
  const dots = (each) => getComputedStyle(each).textOverflow === 'ellipsis';
  const isBox = (each) => each.clientWidth > 0 && !each.matches('input, select, textarea');
  const cut = (each) => isBox(each) && each.scrollWidth > each.clientWidth + 1 && !dots(each) && !scrolls(each);
  const whole = (each) => each.checkVisibility() && !withinOne(each.parentElement);
  const seen = [...root.querySelectorAll('*')].filter(whole);
  const out = seen.filter((each) => each.getBoundingClientRect().right > right || cut(each));
  return out.map((each) => each.outerHTML.slice(0, 200));
}"""
_REACHED = """each => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && !each.closest('[inert]')"""
_BOXES = "a[href], button, input, select, textarea, summary, iframe, [tabindex='0']"
_CONTROLS = f"""(root) => [...root.querySelectorAll("{_BOXES}")].filter({_REACHED}).length"""
_BEGIN = f"""(root) => [...root.querySelectorAll("{_BOXES}")].find({_REACHED}).focus({{ focusVisible: true }})"""
_FOCUSED = """(root) => {
  const at = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(at);
  const ring = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1;
  const name = at.getAttribute('aria-label') ?? at.labels?.[0]?.textContent ?? (at.textContent || at.title);
  const again = at === window.lastFocused;
  window.lastFocused = at;
  return root.contains(at) ? { name, ring, again } : null;
}"""
_LETTERS = """(root) => {
  const own = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
  const seen = [...root.querySelectorAll('*')].filter((each) => each.checkVisibility());
  const read = seen.filter((each) => own(each) || each.matches('input:not([type=checkbox]), textarea, select'));
  return read.map((each) => [each.outerHTML.slice(0, 150), parseFloat(getComputedStyle(each).fontSize)]);
}"""
