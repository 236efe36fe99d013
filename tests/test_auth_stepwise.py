"""The flow of a login as an object in a cell: one request at a time, repeated with changes, shown without secrets."""

from __future__ import annotations

import gc
import json
import threading
from time import monotonic
from urllib.parse import urlsplit

import httpx2
import psutil
import pytest
from support.notebook import done
from support.permission import parameters, play, playing, redirected

from mcp_magics.connection.loop import background
from mcp_magics.errors import MCPMagicsError

COLUMNS = ["step", "name", "method", "url", "status", "error", "changed", "decision", "section"]
GRANTED = ["authorize", "token"]
PATIENCE = 20.0
WHEN_IT_WAITS = """
import threading
def tell():
    turn = threading.Event()
    while flow._stepwise.driver._browser.listener._arrival is None:
        turn.wait(0.01)
    print('up', flush=True)
threading.Thread(target=tell).start()
"""
"""Prints a word as soon as the flow waits for the browser."""
A_BROWSER_THAT_SHOWS_NOTHING = """
import webbrowser
webbrowser.register("nothing", None, webbrowser.GenericBrowser("true"), preferred=True)
"""


@pytest.fixture
def l2(shell):
    with playing():
        yield play(shell, "l2")


@pytest.fixture
def opened(shell, l2):
    """Opens flows that are closed with the test."""
    names = []

    def open_flow(options="--consent approve"):
        names.append(f"flow{len(names)}")
        shell(f"{names[-1]} = %mcp oauth l2 {options}")
        return shell.ip.user_ns[names[-1]]

    yield open_flow
    for name in names:
        if name in shell.ip.user_ns:
            shell.ip.user_ns[name].close()


def listens(uri):
    """Whether somebody listens at the port of ``uri``."""
    mine = psutil.Process().net_connections()
    return any(each.status == psutil.CONN_LISTEN and each.laddr.port == urlsplit(uri).port for each in mine)


def is_left(uri):
    """Whether within patience nobody listens at ``uri`` any more."""
    deadline, turn = monotonic() + PATIENCE, threading.Event()
    while (still := listens(uri)) and monotonic() < deadline:
        turn.wait(0.02)
    return not still


def test_a_flow_is_gone_through_step_by_step_to_its_token(opened):
    flow = opened()
    assert (flow.next, flow.steps, flow.ended) == ("anonymous", [], False)
    first = flow.step()
    assert (first.name, flow.next) == ("anonymous", "resource_metadata")
    assert first.section
    assert flow.run(until="token").next == "token"
    view = flow.step()
    assert view.request["grant_type"] == "authorization_code"
    assert (flow.ended, flow.outcome, flow.url) == (True, "granted", None)
    assert [step.name for step in flow.steps][-2:] == GRANTED


def test_the_table_has_a_row_a_step_and_its_columns_before_there_is_any(opened):
    flow = opened()
    assert list(flow.df.columns) == COLUMNS
    assert len(flow.df) == 0
    flow.run()
    assert list(flow.df.columns) == COLUMNS
    assert list(flow.df["name"]) == [step.name for step in flow.steps]
    assert list(flow.df["step"]) == list(range(1, len(flow.df) + 1))
    assert (flow.df["section"].str.len() > 0).all()
    json.dumps(flow.to_json())


@pytest.mark.parametrize("consent", ["approve", "deny"])
def test_an_ended_flow_says_under_its_own_name_how_to_go_on(shell, opened, consent):
    opened(f"--consent {consent}").run()
    shell("lesson = flow0; del flow0")
    error = shell.fails("lesson.step()", "flow_ended")
    assert error.failure.server == "l2"
    shell(error.failure.next_step)
    assert shell.value("lesson.steps")[-1].name == "authorize"
    shell("lesson.close()")


def test_a_step_that_was_not_taken_is_told_with_the_nearest_that_was(shell, opened):
    flow = opened().run()
    error = shell.fails("flow0.rerun('tokn')", "unknown_step")
    assert "did you mean 'token'?" in error.failure.message
    assert (error.failure.server, error.failure.next_step) == ("l2", 'flow0.rerun("token")')
    assert "authorize" in error.failure.evidence[0]
    assert shell.fails("flow0.rerun('never')", "unknown_step").failure.next_step == 'flow0.rerun("authorize")'
    assert flow.ended


def test_nothing_is_run_up_to_a_step_that_there_is_not(shell, opened):
    flow = opened()
    error = shell.fails("flow0.run(until='tokn')", "unknown_step")
    assert "did you mean 'token'?" in error.failure.message
    assert flow.steps == []
    shell(error.failure.next_step)
    assert flow.next == "token"


def test_a_flow_without_a_name_says_first_how_it_gets_one(shell, l2):
    unnamed, named = shell("%mcp oauth l2 --consent approve"), shell("%mcp oauth l2 --consent approve -o lesson")
    assert "%mcp oauth l2 -o flow, then flow.step() makes it" in unnamed.text
    assert " · lesson.step() makes it" in named.text
    assert "-o" not in named.text
    unnamed.result.close()
    shell("lesson.close()")


def test_what_was_broken_is_told_in_the_flow_its_table_and_the_step(opened):
    flow = opened().run(until="token")
    view = flow.step(code_verifier=None, resource="https://other.example/", scop="x")
    assert view.changed == "code_verifier (left out), resource (changed), scop (added)"
    lines = [line.strip() for line in repr(view).splitlines()]
    assert "code_verifier: (left out)" in lines
    assert "resource: https://other.example/ (changed)" in lines
    assert "<b>(left out)</b>" in view._repr_mimebundle_()["text/html"]
    assert view.notes == ("scop is no field of token; sent as an extra",)
    assert view.notes[0] in repr(view)
    assert view.notes[0] in view._repr_mimebundle_()["text/html"]
    last = flow.df.iloc[-1]
    assert (last["changed"], last["error"]) == (view.changed, view.answer["error"])
    assert f"token, {view.changed}: " in repr(flow)
    assert list(flow.df["changed"][:-1]) == [""] * (len(flow.df) - 1)


def test_a_misspelt_field_is_sent_all_the_same(opened):
    flow = opened().run(until="token")
    view = flow.step(code_verifer="x")
    assert view.notes == ("code_verifer is no field of token (did you mean code_verifier?); sent as an extra",)
    assert view.request["code_verifer"] == "x"
    assert flow.outcome == "granted"


def test_a_list_of_steps_is_a_line_each(shell, opened):
    opened().run(until="token")
    text = shell("flow0.steps").text
    assert "<1. anonymous: 401, initialize is refused" in text
    assert all(len(line) < 160 for line in text.splitlines())


def test_a_code_is_good_once_and_without_its_verifier_not_at_all_rfc6749_4_1_2_rfc7636_4_6(opened):
    flow = opened().run(until="token")
    view = flow.step(code_verifier=None)
    assert flow.next == "refused"
    assert "code_verifier" not in view.request
    assert view.answer["error"]
    flow.rerun("token")
    assert flow.outcome == "granted"
    assert flow.rerun("token").answer["error"] == "invalid_grant"
    assert repr(flow).endswith(' · for a new code: flow0.rewind("authorize")')
    flow.rewind("authorize")
    assert flow.run().outcome == "granted"


def test_the_authorization_request_is_made_again_with_other_scopes_and_resource(opened):
    flow = opened().run()
    before = next(step for step in flow._stepwise.driver.steps if step.name == "authorize").ask
    view = flow.rerun("authorize", scope="nonsense", resource="https://other.example/")
    after = flow._stepwise.driver.steps[-1].ask
    assert all(dict(before.fields)[name] != dict(after.fields)[name] for name in ("state", "code_challenge"))
    assert (view.request["scope"], view.request["resource"]) == ("nonsense", "https://other.example/")
    assert view.step.status in ("error", "code")


def test_a_redirect_uri_that_was_not_registered_is_no_redirect_rfc6749_3_1_2_4(opened):
    flow = opened().run(until="authorize")
    with pytest.raises(MCPMagicsError) as caught:
        flow.step(redirect_uri="http://127.0.0.1:1/elsewhere")
    assert caught.value.failure.server == "l2"
    assert flow.next == "authorize"
    lost = flow.steps[-1]
    assert (lost.name, lost.error, lost.changed) == (
        "authorize",
        caught.value.failure.class_,
        "redirect_uri (changed)",
    )
    assert caught.value.failure.message in repr(flow)
    flow.run()
    assert flow.outcome == "granted"


def test_a_request_without_state_is_not_made_and_one_with_another_is_answered_with_it_rfc6749_10_12(opened):
    flow = opened().run(until="authorize")
    with pytest.raises(MCPMagicsError) as caught:
        flow.step(state=None)
    assert (caught.value.failure.class_, caught.value.failure.server) == ("state_missing", "l2")
    assert caught.value.failure.next_step == "flow0.step()"
    flow.step(state="mine-0123456789-abcdefghij")
    assert flow.run().outcome == "granted"


def came_back(flow):
    """The page a browser ends on that decides while the hop of ``flow`` is under way."""
    listener, turn = flow._stepwise.driver._browser.listener, threading.Event()
    hop = background.start(flow._stepwise.step({}))
    deadline = monotonic() + PATIENCE
    while listener._arrival is None and monotonic() < deadline:
        turn.wait(0.01)
    page = httpx2.get(redirected(flow.url), timeout=PATIENCE)
    assert hop.wait(PATIENCE)
    hop.result()
    return page


def test_the_browser_is_answered_before_the_next_step_and_told_no_success(opened):
    flow = opened("").run(until="authorize")
    page = came_back(flow)
    assert (page.status_code, flow.next) == (200, "token")
    assert "<h1>Received</h1>" in page.text
    assert "Nothing has succeeded yet" in page.text
    assert "Run step" in page.text
    assert flow.step().name == "token"


def test_without_pkce_the_server_gives_no_code_rfc7636_4_4_1(opened):
    flow = opened().run(until="authorize")
    try:
        view = flow.step(code_challenge=None, code_challenge_method=None)
    except MCPMagicsError as error:
        assert error.failure.server == "l2"  # noqa: PT017  a page instead of a redirect is an answer too
    else:
        assert view.step.status == "error"
        assert flow.next == "refused"


def test_no_secret_stands_in_any_face_of_a_flow(shell, opened):
    flow = opened().run()
    revealing = opened("--consent approve --reveal").run()
    real = dict(revealing.steps[-1].answer)["access_token"]
    assert len(real) > 20
    assert real == dict(revealing._stepwise.driver.steps[-1].answer.document)["access_token"]
    document = flow._stepwise.driver.steps[-1].answer.document
    hidden = {document["access_token"], flow._stepwise.driver.steps[-2].callback.code}
    hidden |= {dict(flow._stepwise.driver.steps[-1].ask.form)["code_verifier"]}
    faces = [repr(flow), str(flow._repr_mimebundle_()), flow.df.to_csv(), json.dumps(flow.to_json())]
    for name in ("authorize", "token"):
        step = next(step for step in flow.steps if step.name == name)
        faces += [repr(step)]
    faces += [shell("flow0.steps").text, shell("flow0.df").html]
    assert not [secret for secret in hidden for face in faces if secret in face]


def test_a_view_of_a_step_hides_secrets_and_escapes_what_servers_say(opened):
    flow = opened().run(until="token")
    view = flow.step()
    raw = flow._stepwise.driver.steps[-1]
    hidden = {raw.answer.document["access_token"], dict(raw.ask.form)["code"], dict(raw.ask.form)["code_verifier"]}
    faces = [repr(view), str(view._repr_mimebundle_()), json.dumps(view.to_json()), str(view.request), str(view.answer)]
    assert not [secret for secret in hidden for face in faces if secret in face]
    assert view.decision in repr(view)


def test_secrets_are_revealed_of_servers_of_the_playground_only(shell, l2, odd):
    shell(f"%mcp add odd {odd.url}")
    shell.fails("%mcp oauth odd --reveal", "playground_only")


def test_the_listener_goes_with_the_flow(opened):
    flow = opened("").run(until="authorize")
    (uri,) = parameters(flow.url)["redirect_uri"]
    assert listens(uri)
    assert redirected(flow.url).startswith(uri)
    flow.close()
    assert is_left(uri)
    flow.close()


@pytest.mark.parametrize("going_on", ["flow0.step()", "flow0.run()", "flow0.rerun('anonymous')"])
def test_a_closed_flow_makes_no_step_and_says_how_to_begin_another(shell, opened, going_on):
    flow = opened()
    flow.step()
    flow.close()
    error = shell.fails(going_on, "flow_ended")
    assert "it was closed" in error.failure.message
    assert error.failure.next_step == "%mcp oauth l2 -o flow0"
    assert (len(flow.steps), flow.next) == (1, "resource_metadata")


def test_a_flow_that_does_not_end_says_how_to_begin_another(shell, opened, monkeypatch):
    opened()
    monkeypatch.setattr("mcp_magics.auth.driver.LONGEST", 2)
    error = shell.fails("flow0.run()", "flow_endless")
    assert (error.failure.server, error.failure.next_step) == ("l2", "%mcp oauth l2 -o flow0")


def test_the_listener_goes_when_nobody_has_the_flow_any_more(shell, opened):
    flow = opened("").run(until="authorize")
    (uri,) = parameters(flow.url)["redirect_uri"]
    assert listens(uri)
    del flow
    shell("del flow0")
    gc.collect()
    assert is_left(uri)


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("going_on", "kind"),
    [
        ("flow.step()", "KeyboardInterrupt"),
        ("flow.run()", "KeyboardInterrupt"),
        ("await flow.astep()", "CancelledError"),
    ],
)
def test_an_interrupt_is_one_line_and_the_flow_can_go_on(kernel, going_on, kind):
    done(kernel.run("%load_ext mcp_magics"))
    done(kernel.run("%mcp playground start l2 --quiet"))
    done(kernel.run(A_BROWSER_THAT_SHOWS_NOTHING))
    done(kernel.run("%mcp oauth l2 --browser -o flow --quiet\nflow.run(until='authorize')"))
    running = kernel.start(f"{WHEN_IT_WAITS}\n{going_on}")
    running.until(lambda outcome: "up" in outcome.stdout)
    kernel.interrupt()
    error = running.wait(20).error
    assert error.ename == kind, error.text
    assert list(error.traceback) == [f"{kind}: the flow of l2 was interrupted; nothing was stored"]
    assert kernel.value("flow.next") == "authorize"
    done(kernel.run("flow.close()\n%mcp playground stop"))
