"""Three axes as cards beside the table of ``%mcp status``: current while the kernel lives, static where it is saved."""

from __future__ import annotations

import pytest
from support.notebook import done, with_s1
from support.page import PLACE, VIEW, Page

from mcp_magics.config.model import HttpTransport, ServerSpec, StdioTransport
from mcp_magics.config.view import whereabouts
from mcp_magics.widgets.card import BAD, CAUTION, GOOD, QUIET, Card, bundle


def card(requirement: str, credential: str, connection: str, **more) -> Card:
    return Card("s", requirement, credential, connection, **more)


@pytest.mark.parametrize(
    ("axes", "colour"),
    [
        (("required", "none", "failed"), BAD),
        (("required", "none", "idle"), CAUTION),
        (("required", "oauth_ok", "ready"), GOOD),
        (("required", "reauth_needed", "ready"), BAD),
        (("optional", "none", "ready"), GOOD),
        (("unknown", "none", "idle"), QUIET),
    ],
)
def test_a_card_has_the_colour_of_its_worst_axis(axes, colour):
    assert card(*axes).colour == colour


def test_every_axis_is_a_word_too_and_not_only_a_colour():
    shown = bundle([card("required", "oauth_ok", "ready", tools=3)], 0)
    assert shown["text/plain"].splitlines()[1] == "s: requirement required, credential oauth_ok, connection ready"
    for word in ("requirement", "required", "credential", "oauth_ok", "connection", "ready", "3 tools"):
        assert word in shown["text/html"]
    assert "as of 00:00:00 UTC" in shown["text/html"]


def test_what_a_server_says_is_escaped_in_its_card():
    shown = bundle([card("none", "none", "failed", problem="<script>x</script>\x1b[31m", step="%mcp log <s>")], 0)
    assert "<script" not in shown["text/html"]
    assert "<s>" not in shown["text/html"]
    assert "\x1b" not in shown["text/html"] + shown["text/plain"]


def test_a_card_says_what_the_server_is_on_one_short_line_and_escaped():
    told = card("none", "none", "idle", where="python -m <server>\n" + "x" * 200)
    assert told.view()["where"].startswith("python -m <server>")
    assert len(told.view()["where"]) <= 80
    assert "python -m &lt;server&gt;" in bundle([told], 0)["text/html"]


def test_secrets_in_a_command_or_an_address_are_masked_on_a_card():
    stdio = StdioTransport(command="serve", args=("--token", "sk-abcdefghijklmnop1234567890"))
    assert "sk-abcdefghij" not in whereabouts(ServerSpec("s", stdio))
    address = HttpTransport("https://user:hunter2secret@example.com/mcp")
    assert "hunter2secret" not in whereabouts(ServerSpec("s", address))


@pytest.fixture
def notebook(kernel):
    return with_s1(kernel)


def cards(outcome) -> list[str]:
    """The cards among the outputs, plain."""
    return [
        text
        for text in outcome.plain
        if text.startswith("as of") and "requirement" in text and "\t" not in text and ", connection" in text
    ]


@pytest.mark.kernel
@pytest.mark.parametrize("form", ["%mcp status", "def f():\n    %mcp status\nf()"], ids=["awaited", "synchronous"])
def test_the_cards_follow_what_later_cells_do(notebook, form):
    Page(notebook)
    done(notebook.run("%mcp status --quiet", stdin=[]))
    first = done(notebook.run("%mcp status", stdin=[]))
    assert len(cards(first)) == 1
    cell = done(notebook.run(form, stdin=[]))
    assert cards(cell)[0].endswith("s1: requirement none, credential none, connection ready")
    assert [bundle for bundle in cell.outputs if VIEW in bundle] == []
    done(notebook.run("%mcp disconnect s1"))
    notebook.until(lambda: cards(cell)[0].endswith("connection idle"))
    assert cards(first)[0].endswith("connection ready"), "only the newest cards are kept current"


@pytest.mark.kernel
def test_the_cards_see_a_login_and_a_logout(kernel):
    Page(kernel)
    done(kernel.run("%load_ext mcp_magics\n%mcp playground start l2 --quiet"))
    cell = done(kernel.run("%mcp status l2", stdin=[]))
    assert "credential none, connection idle" in cards(cell)[0]
    done(kernel.run("%mcp login l2 --consent approve"))
    kernel.until(lambda: "connection ready" in cards(cell)[0])
    assert "credential oauth" in cards(cell)[0]
    done(kernel.run("%mcp disconnect l2\n%mcp logout l2"))
    kernel.until(lambda: cards(cell)[0].endswith("credential none, connection idle"))


@pytest.mark.kernel
def test_a_server_that_is_removed_or_added_leaves_or_joins_the_cards(notebook):
    Page(notebook)
    cell = done(notebook.run("%mcp status", stdin=[]))
    done(notebook.run("%mcp add other --no-connect -- nothing"))
    notebook.until(lambda: "other: " in cards(cell)[0])
    done(notebook.run("%mcp remove s1"))
    notebook.until(lambda: "s1: " not in cards(cell)[0])


@pytest.mark.kernel
@pytest.mark.parametrize("code", ["%mcp status;", "%mcp status --quiet", "x = %mcp status", "%mcp status --json"])
def test_no_cards_where_nothing_is_to_be_shown(notebook, code):
    Page(notebook)
    assert cards(done(notebook.run(code, stdin=[]))) == []


@pytest.mark.kernel
def test_no_cards_where_no_page_answers_or_nobody_is_there(notebook):
    assert cards(done(notebook.run("%mcp status", stdin=[]))) == []
    Page(notebook)
    assert cards(done(notebook.run("%mcp status"))) == []


@pytest.mark.kernel
def test_after_the_extension_was_loaded_anew_there_are_cards_again(notebook):
    Page(notebook)
    done(notebook.run("%mcp status", stdin=[]))
    done(notebook.run("%reload_ext mcp_magics\n%mcp status", stdin=[]))
    assert len(cards(done(notebook.run("%mcp status", stdin=[])))) == 1


def pressed(notebook, page, **content):
    """Press a button of a card; the newest view in which it is done."""
    page.act(page.cards(), **content)
    name = content["server"]
    notebook.until(lambda: any(each.get("line", "").startswith(f"{name}: ") for each in page.told))
    page.told[:] = [each for each in page.told if "line" not in each]
    return {card["key"]: card for card in page.views()[-1]["cards"]}


def drawn(notebook, page):
    """The cards as a page draws them that has just found their place."""
    before = len(page.views())
    page.draw(page.cards())
    notebook.until(lambda: len(page.views()) > before)
    return {card["key"]: card for card in page.views()[-1]["cards"]}


@pytest.mark.parametrize(
    ("axes", "actions"),
    [
        (("none", "none", "idle"), ("connect",)),
        (("none", "none", "failed"), ("connect",)),
        (("none", "none", "connecting"), ("disconnect",)),
        (("none", "none", "ready"), ("disconnect", "restart")),
        (("none", "none", "disabled"), ()),
        (("unknown", "none", "idle"), ("connect", "login")),
        (("required", "none", "failed"), ("connect", "login")),
        (("optional", "none", "ready"), ("disconnect", "restart", "login")),
        (("required", "reauth_needed", "idle"), ("connect", "login")),
        (("required", "oauth_ok", "ready"), ("disconnect", "restart")),
        (("required", "bearer", "failed"), ("connect",)),
    ],
)
def test_a_card_has_the_buttons_that_can_do_something_now(axes, actions):
    assert card(*axes).actions == actions


def test_a_card_for_a_page_is_clean_and_short():
    hostile = card("none", "none", "failed", problem="\x1b[31m" + "\u202ex" * 9_000, step="a\nb", violations=2)
    view = hostile.view()
    assert len(view["problem"]) <= 400
    assert "\x1b" not in str(view)
    assert "\u202e" not in str(view)
    assert (view["step"], view["violations"], view["look"]) == ("a b", "2 violations", "%mcp violations s")


@pytest.mark.kernel
def test_the_buttons_do_what_the_verbs_do_and_the_view_follows(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp add broken --no-connect --quiet -- no-such-program-anywhere"))
    cell = done(notebook.run("%mcp list", stdin=[]))
    assert [each for each in cell.outputs if PLACE in each.get("text/html", "")] != []
    assert drawn(notebook, page)["s1"]["actions"] == ["disconnect", "restart"]
    assert pressed(notebook, page, do="disconnect", server="s1")["s1"]["actions"] == ["connect"]
    assert pressed(notebook, page, do="connect", server="s1")["s1"]["actions"] == ["disconnect", "restart"]
    pressed(notebook, page, do="restart", server="s1")
    broken = pressed(notebook, page, do="connect", server="broken")["broken"]
    assert ["connection", "failed", "bad"] in broken["axes"]
    assert "no-such-program-anywhere" in broken["problem"]
    assert broken["step"] != ""
    notebook.until(lambda: "broken: requirement none, credential none, connection failed" in cards(cell)[0])


@pytest.mark.kernel
def test_what_a_page_sends_that_is_no_button_does_nothing(notebook):
    page = Page(notebook)
    done(notebook.run("%mcp list", stdin=[]))
    drawn(notebook, page)
    for odd in (
        {"do": "remove", "server": "s1"},
        {"do": "connect", "server": "other"},
        {"do": "paste", "server": "s1"},
    ):
        page.act(page.cards(), **odd)
    page.act(page.cards(), do="disconnect", server=["s1"])
    notebook.until(lambda: sum("heard" in each for each in page.told) == 4)
    assert drawn(notebook, page)["s1"]["actions"] == ["disconnect", "restart"]


@pytest.mark.kernel
def test_a_login_in_a_card_has_its_link_in_a_message_only_and_ends_with_its_cards(kernel):
    page = Page(kernel)
    done(kernel.run("%load_ext mcp_magics\n%mcp playground start l2 --quiet"))
    done(kernel.run("from mcp_magics.connection.jobs.register import jobs"))
    done(kernel.run("%mcp list", stdin=[]))
    drawn(kernel, page)
    page.act(page.cards(), do="login", server="l2")
    kernel.until(lambda: page.views()[-1]["logins"].get("l2", {}).get("link", "") != "")
    login = page.views()[-1]["logins"]["l2"]
    assert [step["mark"] for step in login["steps"]] == ["✓"] * 4
    page.act(page.cards(), do="paste", server="l2", text="no address")
    kernel.until(lambda: any(each.get("text") for each in page.problems()))
    assert login["link"] not in str(page.seen)
    done(kernel.run("%mcp status", stdin=[]))
    kernel.until(lambda: kernel.value("[each.state for each in jobs]") == ["cancelled"])
