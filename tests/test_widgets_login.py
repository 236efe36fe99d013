"""A login in a notebook whose page answers: a live panel beside the static one, gone when it is done."""

from __future__ import annotations

import json
import re
import threading

import httpx2
import nbformat
import pytest
from nbclient import NotebookClient
from support.kernel import Kernel
from support.notebook import IN_A_FUNCTION, at_most, done
from support.page import PLACE, VIEW, Page

pytestmark = pytest.mark.kernel


def begun(notebook: Kernel, page: Page, line: str = "%mcp login l2"):
    """A login whose panel is open."""
    cell = notebook.start(line, stdin=[])
    cell.until(lambda outcome: has_panel(outcome) or cell.done)
    assert page.panel() is not None, cell.outcome
    return cell


def has_panel(outcome) -> bool:
    """Whether some output is the place of a live panel."""
    return any(PLACE in bundle.get("text/html", "") for bundle in outcome.outputs)


def link_in(outcome) -> str:
    """The address that the static panel shows."""
    found = re.search(r"http\S+/authorize\?\S+", outcome.text)
    assert found is not None, outcome.text
    return found[0]


def where_the_browser_ends(link: str) -> str:
    """The address the browser is sent to after a person has approved; it is not visited."""
    with httpx2.Client() as http:
        answer = http.get(link)
        form = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.text))
        action = re.search(r'<form[^>]* action="([^"]+)"', answer.text)
        sent = http.post(action[1].replace("&amp;", "&"), data={**form, "decision": "approve"})
        return str(sent.headers["location"])


def test_the_panel_takes_the_pasted_address_and_the_cell_ends_with_the_tools(notebook, page):
    cell = begun(notebook, page)
    address = where_the_browser_ends(link_in(cell.outcome))
    page.send(do="paste", text=address)
    outcome = done(cell.wait())
    assert "logged in" in outcome.text
    assert "tools:" in outcome.text
    assert outcome.prompts == []
    notebook.until(lambda: page.models == {})


def test_the_browser_that_comes_back_itself_ends_the_panel(notebook, page):
    cell = begun(notebook, page)
    address = where_the_browser_ends(link_in(cell.outcome))
    browser = threading.Thread(target=lambda: httpx2.get(address))
    browser.start()
    outcome = done(cell.wait())
    browser.join()
    assert "logged in" in outcome.text
    notebook.until(lambda: page.models == {})


def test_nothing_that_was_pasted_and_no_link_is_ever_in_a_widgets_state(notebook, page):
    cell = begun(notebook, page)
    link = link_in(cell.outcome)
    address = where_the_browser_ends(link)
    page.draw(page.panel())
    notebook.until(lambda: any(view["link"] == link for view in page.views()))
    page.send(do="paste", text=address)
    done(cell.wait())
    code, state = re.search(r"code=([^&]+)", address)[1], re.search(r"state=([^&]+)", address)[1]
    states, told = json.dumps(page.seen), json.dumps(page.told)
    assert [secret for secret in (code, state, link, address) if secret in states] == []
    assert [secret for secret in (code, address) if secret in told] == []


def test_a_finished_panel_leaves_no_view_and_no_link_in_the_notebook(notebook, page):
    cell = begun(notebook, page)
    page.send(do="paste", text=where_the_browser_ends(link_in(cell.outcome)))
    outcome = done(cell.wait())
    notebook.until(lambda: not has_panel(outcome))
    assert [bundle for bundle in outcome.outputs if VIEW in bundle] == []
    assert "authorize?" not in json.dumps(outcome.outputs)


@pytest.mark.parametrize("line", ["%mcp login l2", "%mcp login l2 --no-wait -o job"], ids=["waiting", "left"])
def test_once_a_page_draws_the_panel_the_output_holds_no_link(notebook, page, line):
    cell = begun(notebook, page, line)
    assert "authorize?" in json.dumps(cell.outcome.outputs)
    page.draw(page.panel())
    cell.until(lambda outcome: "authorize?" not in json.dumps(outcome.outputs))
    assert re.search(r"l2: waiting for a browser since \d\d:\d\d UTC; its live panel has the link", cell.outcome.text)
    page.send(do="paste", text=where_the_browser_ends(page.views()[-1]["link"]))
    cell.until(lambda outcome: "l2: logged in (as of " in outcome.text)
    done(cell.wait())


def test_a_kernel_that_is_killed_meanwhile_leaves_a_line_and_an_empty_place(notebook, page):
    cell = begun(notebook, page)
    page.draw(page.panel())
    cell.until(lambda outcome: "authorize?" not in json.dumps(outcome.outputs))
    notebook.kill()
    assert [bundle for bundle in cell.outcome.outputs if VIEW in bundle or "state=" in json.dumps(bundle)] == []
    assert "l2: waiting for a browser since" in cell.outcome.text


def test_what_is_wrong_with_a_pasted_address_is_said_in_the_panel_and_the_login_goes_on(notebook, page):
    cell = begun(notebook, page)
    page.send(do="paste", text="http://127.0.0.1:1/callback?code=a&state=of-another-login")
    notebook.until(lambda: page.problems() != [])
    assert page.problems()[0]
    assert page.panel() is not None
    page.send(do="paste", text=where_the_browser_ends(link_in(cell.outcome)))
    done(cell.wait())


def test_the_panel_shows_each_step_with_a_tick_and_its_time_and_the_link_while_it_waits(notebook, page):
    cell = begun(notebook, page)
    link = link_in(cell.outcome)
    page.draw(page.panel())
    notebook.until(lambda: page.views() != [])
    view = page.views()[-1]
    assert [step["name"] for step in view["steps"]][:2] == ["anonymous", "resource metadata"]
    assert {step["mark"] for step in view["steps"]} == {"✓"}
    assert all(re.fullmatch(r"\d+\.\d\d s", step["at"]) for step in view["steps"])
    assert (view["link"], view["clickable"], view["waits"]) == (link, True, True)
    page.send(do="paste", text=where_the_browser_ends(view["link"]))
    outcome = done(cell.wait())
    assert "token: " in "".join(each.get("text/html", "") for each in outcome.outputs)


def test_a_login_left_to_run_has_its_panel_and_says_in_the_end_what_it_has_unlocked(notebook, page):
    cell = done(notebook.run("%mcp login l2 --no-wait -o job", stdin=[]))
    assert has_panel(cell)
    page.draw(page.panel())
    notebook.until(lambda: page.views() != [])
    page.send(do="paste", text=where_the_browser_ends(page.views()[-1]["link"]))
    notebook.until(lambda: "3 tools: whoami, read_stock, place_order" in cell.text)
    notebook.until(lambda: page.models == {})
    assert "authorize?" not in json.dumps(cell.outputs)


def test_cancel_ends_the_login_and_says_so(notebook, page):
    cell = begun(notebook, page)
    page.send(do="cancel")
    outcome = cell.wait()
    assert outcome.error.ename == "ConnectionFailedError"
    assert "the login was cancelled" in outcome.error.text
    notebook.until(lambda: page.models == {})
    assert "authorize?" not in json.dumps(outcome.outputs)


def test_an_interrupt_takes_the_panel_away(notebook, page):
    cell = begun(notebook, page)
    notebook.interrupt()
    assert cell.wait().error.ename == "KeyboardInterrupt"
    notebook.until(lambda: page.models == {})


def test_the_end_of_the_time_takes_the_panel_away(notebook, page):
    cell = begun(notebook, page, "%mcp login l2 --timeout 1")
    assert "timeout" in cell.wait().error.text
    notebook.until(lambda: page.models == {})


def test_where_no_page_answers_the_address_is_asked_for_by_input(notebook):
    cell = notebook.start("%mcp login l2 --timeout 60", stdin=["not an address", ""])
    cell.until(lambda outcome: outcome.prompts != [])
    assert not has_panel(cell.outcome)
    httpx2.get(where_the_browser_ends(link_in(cell.outcome)))
    done(cell.wait())


def test_a_page_that_did_not_send_the_cell_answers_for_itself_only(notebook, page):
    page.session = "another page"
    cell = notebook.start("%mcp login l2 --timeout 60", stdin=["", ""])
    cell.until(lambda outcome: outcome.prompts != [])
    assert page.panel() is None
    httpx2.get(where_the_browser_ends(link_in(cell.outcome)))
    done(cell.wait())


def test_an_answer_that_comes_late_counts_for_the_next_cell(notebook, page):
    page.asleep = True
    done(notebook.run("%mcp login l2 --no-wait -o job", stdin=[]))
    done(notebook.run("job.cancel()"))
    page.wake_up()
    notebook.until(lambda: page.models == {})
    begun(notebook, page)
    page.send(do="cancel")
    notebook.until(lambda: page.models == {})


def test_a_page_that_was_silent_once_is_not_waited_for_again(notebook):
    done(notebook.run("%mcp login l2 --no-wait -o job", stdin=[]))
    done(notebook.run("job.cancel()"))
    with at_most(0.9):
        done(notebook.run("%mcp login l2 --no-wait -o job", stdin=[]))
    done(notebook.run("job.cancel()"))


def test_where_nobody_is_there_no_widget_is_opened(notebook, page):
    outcome = notebook.run("%mcp login l2")
    assert "login_unattended" in outcome.error.text
    assert page.seen == []


def test_in_a_cell_that_blocks_no_widget_is_opened(notebook, page):
    cell = notebook.start(IN_A_FUNCTION.format("%mcp login l2"), stdin=["", ""])
    cell.until(lambda outcome: outcome.prompts != [])
    httpx2.get(where_the_browser_ends(link_in(cell.outcome)))
    done(cell.wait())
    assert page.seen == []


def redirect_of(link: str) -> str:
    return str(httpx2.URL(link).params["redirect_uri"])


def test_a_page_on_loopback_is_not_made_to_probe_its_proxy(notebook, page):
    page.reaches = True
    cell = begun(notebook, page)
    assert redirect_of(link_in(cell.outcome)).startswith("http://127.0.0.1:")
    assert page.probes == [""]
    page.send(do="cancel")
    cell.wait()


@pytest.mark.parametrize("reaches", [True, False])
def test_behind_jupyterhub_the_browser_comes_back_through_the_proxy_that_was_reached(new_kernel, l2, reaches):
    notebook = new_kernel(env={"JUPYTERHUB_SERVICE_PREFIX": "/user/alice/"})
    page = Page(notebook, "https://hub.example", reaches=reaches)
    done(notebook.run(f"%load_ext mcp_magics\n%mcp add l2 {l2.mcp} --quiet"))
    cell = begun(notebook, page)
    redirect = redirect_of(link_in(cell.outcome))
    assert re.fullmatch(r"\d+/ping-[\w-]+", page.probes[1])
    port = page.probes[1].partition("/")[0]
    through = redirect.startswith(f"https://hub.example/user/alice/proxy/{port}/callback/")
    assert through if reaches else redirect.startswith(f"http://127.0.0.1:{port}/callback/")
    page.send(do="paste", text=where_the_browser_ends(link_in(cell.outcome)))
    done(cell.wait())
    again = begun(notebook, page, "%mcp login l2 --again")
    assert redirect_of(link_in(again.outcome)) == redirect, "the client that was registered serves again"
    page.send(do="cancel")
    again.wait()


def test_a_notebook_that_nbclient_runs_holds_no_widget(tmp_path):
    lines = ("%load_ext mcp_magics", "%mcp playground start l2", "%mcp status", "%mcp login l2 --consent approve")
    cells = [nbformat.v4.new_code_cell(line) for line in (*lines, "%mcp login l2 --again")]
    book = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": {"name": "python3", "display_name": "p"}})
    NotebookClient(book, allow_errors=True, timeout=60, resources={"metadata": {"path": str(tmp_path)}}).execute()
    assert "logged in" in str(cells[3].outputs)
    assert "login_unattended" in str(cells[4].outputs)
    assert "widgets" not in book.metadata
    assert VIEW not in nbformat.writes(book)
