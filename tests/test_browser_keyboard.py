"""What panels are for, done by keys alone; whoever pressed something goes on from there."""

from __future__ import annotations

import pytest
from support.panels import PANELS

pytestmark = [pytest.mark.kernel, pytest.mark.browser]

NAME_OF_FOCUSED = "() => document.activeElement.getAttribute('aria-label') ?? document.activeElement.textContent"


@pytest.fixture
def opened(lab, browser):
    """A function that opens the notebook of one panel: its desk and the panel."""
    desks = []

    def sit_down(name):
        desks.append(PANELS[name].opened(lab, browser))
        return desks[-1], PANELS[name].shown(desks[-1])

    yield sit_down
    for each in desks:
        assert each.complaints == []
        each.page.context.close()
    lab.end_kernels()


def press(root, name, key="Enter"):
    root.get_by_role("button", name=name, exact=True).press(key)


def has_focus(desk, name):
    desk.page.wait_for_function(f"(name) => ({NAME_OF_FOCUSED})() === name", arg=name)


def test_a_server_is_disconnected_and_connected_again_from_its_card(opened):
    desk, root = opened("cards")
    press(root, "Disconnect s1")
    has_focus(desk, "Connect s1")
    desk.page.keyboard.press("Space")
    root.get_by_role("button", name="Disconnect s1", exact=True).wait_for()
    has_focus(desk, "Disconnect s1")


def test_the_requests_of_a_flow_are_made_one_after_the_other(opened):
    desk, root = opened("flow")
    press(root, "Run step: make the next request")
    has_focus(desk, "log in to l2")
    press(root, "cancel the login of l2")
    root.get_by_role("link", name="log in to l2").wait_for(state="hidden")


def test_a_call_is_approved_with_enter_and_escape_changes_nothing(opened):
    desk, root = opened("approval")
    approve = root.get_by_role("button", name="Approve")
    approve.press("Escape")
    approve.press("Enter")
    desk.output(1).get_by_text("42").first.wait_for()
    root.wait_for(state="detached")


def test_a_running_call_is_cancelled_with_the_space_bar(opened):
    desk, root = opened("job")
    press(root, "cancel job 1: s1.slow", "Space")
    desk.output(1).get_by_text("cancelled after").first.wait_for()


def test_an_app_is_allowed_its_call_with_enter(opened):
    desk, root = opened("app")
    press(root, "Allow")
    document = desk.output(1).frame_locator("iframe").frame_locator("iframe")
    document.get_by_text("stock: 22").wait_for()
