"""A server asks a person: ``input()`` in cells of both kinds and both protocol eras; where nobody can, a note."""

from __future__ import annotations

import json
from time import monotonic

import pytest
from support.kernel import Kernel
from support.notebook import ADA, FORM, S1, WAYS, at_most, done, with_s1

pytestmark = pytest.mark.kernel

NOBODY = "declined: no one here can answer"


@pytest.fixture(scope="module")
def notebook(tmp_path_factory):
    """A kernel with S1 connected in each protocol era, and once so that calls need approval."""
    directory = tmp_path_factory.mktemp("notebook")
    (directory / "home").mkdir()
    with Kernel(directory, home=directory / "home") as kernel:
        with_s1(kernel, "--protocol 2026-07-28")
        done(kernel.run(f"%mcp add old --protocol legacy --quiet -- {S1}"))
        done(kernel.run(f"%mcp add careful --approval prompt --quiet -- {S1}"))
        yield kernel


both_ways = pytest.mark.parametrize("form", WAYS.values(), ids=WAYS)
both_eras = pytest.mark.parametrize("server", ["s1", "old"])


@both_eras
@both_ways
def test_a_form_is_filled_in_with_input(notebook, server, form):
    outcome = done(notebook.run(form.format(f"%mcp call {server}.elicitation"), stdin=FORM))
    assert notebook.value("result.data") == ADA
    assert outcome.stdout.startswith(f"{server} asks: Who are you?")
    assert [prompt.split("(")[0].strip() for prompt in outcome.prompts][:3] == ["Your name", "Age in years", "colour"]


@both_eras
@pytest.mark.parametrize("action", ["decline", "cancel"])
def test_decline_and_cancel_are_two_answers(notebook, server, action):
    done(notebook.run(f"result = %mcp call {server}.elicitation", stdin=[f"/{action}"]))
    assert notebook.value("result.data") == {"action": action}


def test_what_the_field_does_not_allow_is_asked_again(notebook):
    typed = ["", "Ada", "old", "-3", "36", "mauve", "blue", "nan", "1.7", "perhaps", "y", ""]
    outcome = done(notebook.run("result = %mcp call s1.elicitation", stdin=typed))
    content = notebook.value("result.data['content']")
    assert content == {"name": "Ada", "age": 36, "colour": "blue", "height": 1.7, "subscribe": True}
    assert '"old" is no whole number' in outcome.stdout
    assert "has to be at least 0" in outcome.stdout


@both_eras
@both_ways
def test_where_nobody_can_answer_the_question_is_declined_and_the_result_says_so(notebook, server, form):
    with at_most(4):
        done(notebook.run(form.format(f"%mcp call {server}.elicitation")))
    assert notebook.value("result.data") == {"action": "decline"}
    assert NOBODY in done(notebook.run("result")).result["text/plain"]
    assert NOBODY not in done(notebook.run(f"%mcp call {server}.add a=1 b=2")).text


@both_eras
@pytest.mark.parametrize("stdin", [None, FORM], ids=["nobody", "a person"])
def test_as_json_a_call_that_asks_prints_one_document_and_its_question_beside_it(notebook, server, stdin):
    outcome = done(notebook.run(f"%mcp call {server}.elicitation --json", **({"stdin": stdin} if stdin else {})))
    assert json.loads(outcome.stdout)["tool"] == "elicitation"
    assert f"{server} asks: Who are you?" in outcome.stderr


def test_a_thread_that_no_person_watches_declines(notebook):
    code = (
        "import threading\nbox = []\n"
        "thread = threading.Thread(target=lambda: box.append(servers['s1'].call('elicitation')))\n"
        "thread.start(); thread.join()"
    )
    done(notebook.run(code, stdin=[]))
    assert notebook.value("box[0].data") == {"action": "decline"}


@both_eras
def test_the_clock_stands_still_while_a_person_thinks(notebook, server, monkeypatch):
    held = []
    with monkeypatch.context() as thinking:
        thinking.setattr(notebook, "_on_stdin", held.append)
        running = notebook.start(f"result = %mcp call {server}.elicitation --timeout 1", stdin=FORM)
        running.until(lambda _: held)
        answered_at = monotonic() + 1.5
        notebook.until(lambda: monotonic() > answered_at)
    notebook._on_stdin(held[0])
    done(running.wait())
    assert notebook.value("result.data") == ADA


@both_eras
def test_a_link_is_shown_whole_and_consented_to(notebook, server):
    outcome = done(notebook.run(f"result = %mcp call {server}.elicitation_url", stdin=["y"]))
    assert "https://example.org/confirm" in outcome.stdout
    assert notebook.value("result.data['action']") == "accept"


@both_eras
def test_a_person_can_answer_for_the_model(notebook, server):
    done(notebook.run(f"result = %mcp call {server}.sampling", stdin=["Good day."]))
    assert notebook.value("result.data['content']['text']") == "Good day."


@both_ways
def test_approval_is_asked_for_and_refusing_sends_nothing(notebook, form):
    call = form.format("%mcp call careful.add a=1 b=2")
    done(notebook.run(call, stdin=["y"]))
    assert notebook.value("result.data") == {"sum": 3}
    refused = notebook.run(call, stdin=["n"]).error
    assert (refused.ename, "nothing was sent" in refused.text) == ("RequestCancelledError", True)


@both_ways
def test_without_a_person_approval_is_unavailable_and_leaves_no_note_behind(notebook, form):
    call = form.format("%mcp call careful.add a=1 b=2")
    error = notebook.run(call).error
    assert "approval_unavailable" in error.text
    assert "--approval approve" in error.text
    done(notebook.run(call, stdin=["y"]))
    assert NOBODY not in done(notebook.run("result")).text
