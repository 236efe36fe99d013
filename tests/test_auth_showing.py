"""A step as it may be shown: every secret a placeholder, whatever a server sends bounded."""

from __future__ import annotations

import time
from dataclasses import asdict, replace

import pytest
from support.flow import ISSUER, URL, answer, no_answer, party, settings

from mcp_magics.auth.callback import Callback
from mcp_magics.auth.driver import Step
from mcp_magics.auth.flow.anonymous import Anonymous
from mcp_magics.auth.flow.exchange import token as exchange
from mcp_magics.auth.flow.login import with_scopes
from mcp_magics.auth.flow.state import Refused
from mcp_magics.auth.message import Ask
from mcp_magics.auth.showing import LONGEST_BODY, MOST_MEMBERS, SECRET_FIELDS, shown
from mcp_magics.errors import Failure

SECRETS = {name: f"value-of-{name.replace('_', '-')}-0123456789" for name in SECRET_FIELDS}


def step(ask=None, reply=None, callback=None, decision="decided", **more):
    before = Anonymous(settings())
    return Step(3, time.time(), before, ask or before.ask(), reply, callback, decision, before, **more)


FORM = Ask("POST", f"{ISSUER}/token", form=(("code", "the-code-0123456789"), ("scope", "read"), ("resource", URL)))


def altered(changes):
    """The token request with ``changes``, as it is shown."""
    before = exchange(party(), FORM)
    ask = FORM.changed(changes)
    return shown(Step(5, time.time(), before, ask, answer({}), None, "decided", before, FORM, changes))


def everything(one):
    return repr(one) + repr(asdict(one)) + repr(one.row)


def test_a_row_says_which_step_it_was_what_was_asked_and_where_that_is_specified():
    assert shown(step(reply=answer({"a": 1}))).row == {
        "step": 3,
        "name": "anonymous",
        "method": "POST",
        "url": URL,
        "status": "200",
        "error": "",
        "changed": "",
        "decision": "decided",
        "section": Anonymous.section,
    }


def test_no_secret_of_a_request_is_shown():
    one = shown(step(Ask("POST", f"{ISSUER}/token", form=tuple(SECRETS.items()))))
    assert [name for name, _ in one.fields] == list(SECRETS)
    assert not [value for value in SECRETS.values() if value in everything(one)]


def test_no_secret_of_an_answer_is_shown():
    one = shown(step(reply=answer({**SECRETS, "scope": "a b", "nested": {"x": 1}})))
    assert not [value for value in SECRETS.values() if value in everything(one)]
    assert dict(one.answer)["scope"] == "a b"
    assert dict(one.answer)["nested"] == '{"x": 1}'


def test_no_secret_of_a_header_is_shown():
    headers = (
        ("authorization", "Basic aHVzaDpodXNo"),
        ("dpop", "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl"),
        ("cookie", "s=hush-hush-6"),
    )
    one = shown(step(Ask("POST", ISSUER, headers)))
    assert not [
        value
        for value in ("aHVzaDpodXNo", "eyJhbGciOiJFUzI1NiJ9.eyJqdGkiOiJ4In0.c2lnbmF0dXJl", "hush-hush-6")
        if value in everything(one)
    ]
    assert one.headers["authorization"].startswith("Basic ")


def test_the_browsers_hop_shows_its_parameters_and_neither_state_nor_code():
    state = with_scopes(party(), again=False)
    callback = Callback(code="the-code-0123456789", state=state.nonce, iss=ISSUER)
    one = shown(step(state.ask(), callback=callback))
    assert (one.method, one.status, one.url) == ("browser", "code", f"{ISSUER}/authorize")
    assert dict(one.fields)["code_challenge_method"] == "S256"
    assert dict(one.answer)["iss"] == ISSUER
    assert state.nonce not in everything(one)
    assert "the-code-0123456789" not in everything(one)
    refused = shown(step(state.ask(), callback=Callback(error="access_denied", state=state.nonce)))
    assert (refused.status, dict(refused.answer)["error"]) == ("error", "access_denied")


def test_revealed_a_step_shows_what_was_really_sent():
    form = tuple(SECRETS.items())
    headers = (("authorization", "Basic aHVzaA=="),)
    one = shown(step(Ask("POST", ISSUER, headers, form=form), answer(SECRETS)), reveal=True)
    assert one.fields == form
    assert dict(one.answer) == SECRETS
    assert one.headers["authorization"] == "Basic aHVzaA=="


def test_the_query_stands_among_the_fields_and_not_in_the_address():
    one = shown(step(Ask("GET", f"{ISSUER}/x?a=1&b=#part")))
    assert (one.url, one.fields) == (f"{ISSUER}/x", (("a", "1"), ("b", "")))


def test_what_did_not_come_about_shows_its_class():
    assert shown(step(reply=no_answer())).status == "no_response"
    assert shown(step()).status == ""


def test_headers_that_matter_are_shown_and_no_others():
    one = shown(step(reply=answer({}, 401, www_authenticate="Bearer", set_cookie="s=1", x_other="2")))
    assert one.answer == (("www-authenticate", "Bearer"),)


def test_a_huge_answer_is_cut_in_length_and_in_number():
    assert len(dict(shown(step(reply=answer(b"so it goes " * 100_000))).answer)["body"]) == LONGEST_BODY
    many = shown(step(reply=answer({str(number): "y" * 9000 for number in range(110)})))
    assert len(many.answer) == MOST_MEMBERS
    assert max(len(value) for _, value in many.answer) == LONGEST_BODY


@pytest.mark.parametrize("url", ["http://[bad", "https://h:x/?a=1", "", "nowhere"])
def test_a_step_to_an_address_that_cannot_be_read_is_shown_all_the_same(url):
    one = shown(step(Ask("GET", url), no_answer()))
    assert one.method == "GET"
    assert one.status == "no_response"


# --- what a person changed ---------------------------------------------------------------------------------------


def test_a_changed_field_stays_in_its_place_and_one_left_out_is_still_named():
    one = altered({"code": None, "scope": "write"})
    assert [(each.name, each.mark) for each in one.marked] == [
        ("code", "left out"),
        ("scope", "changed"),
        ("resource", ""),
    ]
    assert one.fields == (("scope", "write"), ("resource", URL))
    assert one.changed == "code (left out), scope (changed)"


def test_a_field_sent_twice_is_changed_twice_and_a_new_one_comes_last():
    one = altered({"login_hint": "ada", "resource": ["https://a.example", "https://b.example"]})
    assert [(each.value, each.mark) for each in one.marked[2:]] == [
        ("https://a.example", "changed"),
        ("https://b.example", "changed"),
        ("ada", "added"),
    ]


def test_a_secret_that_a_person_typed_is_masked_and_said_to_be_changed():
    (code, *_) = altered({"code": "typed-by-a-person-0123456789"}).marked
    assert code.mark == "changed"
    assert "typed" not in code.value


def test_a_misspelt_field_is_told_with_the_nearest_name_and_what_became_of_it():
    assert altered({"scop": "x"}).notes == ("scop is no field of token (did you mean scope?); sent as an extra",)
    assert altered({"recource": None}).notes == (
        "recource is no field of token (did you mean resource?); nothing was left out",
    )
    assert altered({"zzz": "x"}).notes == ("zzz is no field of token; sent as an extra",)


def test_a_parameter_oauth_knows_is_an_addition_and_no_mistake():
    one = altered({"audience": "x"})
    assert one.notes == ()
    assert one.changed == "audience (added)"


def test_the_error_is_the_servers_own_word_else_the_class_of_ours():
    refused = Refused(Failure("issuer_mismatch", "another issuer"))
    assert shown(step(reply=answer({"error": "invalid_grant"}, 400))).error == "invalid_grant"
    assert shown(step(callback=Callback(error="access_denied", state="s"))).error == "access_denied"
    assert shown(replace(step(reply=answer({"error": {"code": 1}})), after=refused)).error == "issuer_mismatch"
    assert shown(step(reply=answer({}))).error == ""
    lost = shown(step(failure=Failure("timeout", "nobody came back")))
    assert (lost.status, lost.error) == ("timeout", "timeout")


def test_a_step_in_a_list_is_one_line():
    one = altered({"code": None})
    assert repr(one) == "<5. token, code (left out): 200, decided>"
