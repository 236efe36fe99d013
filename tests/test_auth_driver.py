"""A flow as a whole: states, a conversation and a browser put together; every end is one that has a name."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support.flow import (
    ISSUER,
    METADATA,
    REDIRECT,
    RESOURCE_METADATA,
    URL,
    Visitor,
    World,
    answer,
    resource_document,
    server_document,
    settings,
)

from mcp_magics.auth.driver import LONGEST, Driver, NoBrowser
from mcp_magics.auth.flow.anonymous import Anonymous
from mcp_magics.auth.flow.login import begin
from mcp_magics.auth.flow.state import END, Decision, Discovered, Granted, Refused
from mcp_magics.auth.message import Answer, Ask
from mcp_magics.errors import CommandError, ConnectionFailedError, MCPMagicsError

TOKENS = {"access_token": "access-3", "token_type": "Bearer", "expires_in": 60}
CHALLENGED = answer(status=401, www_authenticate='Bearer scope="read"')


def good(**others):
    return {
        URL: CHALLENGED,
        RESOURCE_METADATA: answer(resource_document()),
        METADATA: answer(server_document()),
        f"{ISSUER}/register": answer({"client_id": "c-1"}, 201),
        f"{ISSUER}/token": answer(TOKENS),
        **others,
    }


def login(answers=None, *, visitor=None, watch=None, **options):
    """A driver of a login in a world of these answers."""
    world = World(good() if answers is None else answers)
    state = Anonymous(settings(redirect_uri=REDIRECT, **options))
    return Driver(state, world, browser=visitor or Visitor(), after=begin, watch=watch or (lambda _step: None)), world


def test_a_login_goes_through_every_state_in_order_and_each_step_is_kept():
    seen = []
    driver, world = login(watch=seen.append)
    end = asyncio.run(driver.run())
    assert isinstance(end, Granted)
    names = ["anonymous", "resource_metadata", "server_metadata", "registration", "authorize", "token"]
    assert [step.name for step in driver.steps] == names
    assert [step.number for step in driver.steps] == [1, 2, 3, 4, 5, 6]
    assert seen == driver.steps
    assert all(step.section for step in driver.steps)
    assert len(world.asked) == 5
    assert (driver.steps[4].answer, driver.steps[4].callback.code) == (None, "the-code")


def test_without_anything_after_it_a_flow_ends_with_the_discovery():
    world = World(good())
    assert isinstance(asyncio.run(Driver(Anonymous(settings()), world).run()), Discovered)


def test_a_step_may_be_made_with_fields_changed_added_and_left_out():
    driver, world = login()

    async def main():
        while driver.state.name != "token":
            await driver.step()
        return await driver.step({"resource": ["https://a", "https://b"], "code_verifier": None, "extra": 5})

    step = asyncio.run(main())
    sent = world.asked[-1].form
    assert [value for name, value in sent if name == "resource"] == ["https://a", "https://b"]
    assert ("extra", "5") in sent
    assert "code_verifier" not in dict(sent)
    assert [name for name, _ in sent][-4:] == ["resource", "resource", "client_id", "extra"]
    assert step.ask == world.asked[-1]


def test_a_flow_can_stand_again_where_a_step_began_and_only_where_one_did():
    driver, world = login()
    asyncio.run(driver.run())
    driver.rewind("token")
    assert not driver.ended
    asyncio.run(driver.run())
    assert [ask.url for ask in world.asked[-2:]] == [f"{ISSUER}/token"] * 2
    assert len(driver.steps) == 7
    with pytest.raises(CommandError) as caught:
        driver.rewind("tokn")
    assert "did you mean 'token'?" in caught.value.failure.message
    assert "taken: anonymous, resource_metadata" in caught.value.failure.evidence[0]


def test_an_authorization_request_made_again_has_a_state_and_a_challenge_of_its_own_rfc6749_10_12_rfc7636_4_1():
    driver, _ = login()
    asyncio.run(driver.run())
    first = dict(driver.steps[4].ask.fields)
    driver.rewind("authorize")
    again = dict(asyncio.run(driver.step()).ask.fields)
    assert {first[name] for name in ("state", "code_challenge")}.isdisjoint(again.values())
    driver.rewind("authorize")
    mine = dict(asyncio.run(driver.step({"state": first["state"]})).ask.fields)
    assert mine["state"] == first["state"]


class Lost:
    """A browser that never comes back."""

    async def visit(self, ask, state):
        raise ConnectionFailedError("nobody came back", class_="timeout", evidence=(ask.url, state))


def test_a_browsers_hop_that_fails_is_kept_with_its_error_and_the_flow_stays_there():
    seen = []
    driver, _ = login(visitor=Lost(), watch=seen.append)
    with pytest.raises(ConnectionFailedError):
        asyncio.run(driver.run())
    step = driver.steps[-1]
    assert (step.name, step.failure.class_, step.decision) == ("authorize", "timeout", "nobody came back")
    assert driver.state is step.before
    assert step not in seen
    driver.rewind("authorize")
    assert driver.state.nonce != step.before.nonce


def test_what_was_changed_is_kept_beside_the_request_as_it_would_have_been():
    driver, _ = login()
    step = asyncio.run(driver.step({"method": "ping"}))
    assert (dict(step.own.fields)["method"], dict(step.ask.fields)["method"]) == ("initialize", "ping")
    assert list(step.ask.body) == list(step.own.body)
    assert step.changes == {"method": "ping"}


def test_a_scope_that_a_person_sent_to_the_token_endpoint_is_not_left_out_by_the_flow():
    rejected = {
        METADATA: answer(server_document(token_endpoint_auth_methods_supported=["client_secret_post"])),
        f"{ISSUER}/token": answer({"error": "invalid_scope"}, 400),
    }
    driver, _ = login(good(**rejected), grant="client_credentials", client_id="c-1", client_secret="hush-hush-3")

    async def main(changes):
        while driver.state.name != "token":
            await driver.step()
        await driver.step(changes)
        return driver.state

    assert asyncio.run(main({"scope": "mine"})).failure.class_ == "scope_rejected"
    driver.rewind("token")
    assert asyncio.run(main({})).name == "token"


class Circle:
    """A state that never ends."""

    name = "circle"
    section = "none"

    def ask(self):
        return Ask("GET", URL)

    def next(self, _answer):
        return Decision("again", self)


def test_a_flow_that_goes_in_circles_is_ended():
    driver = Driver(Circle(), World({}))
    with pytest.raises(CommandError) as caught:
        asyncio.run(driver.run())
    assert caught.value.failure.class_ == "flow_endless"
    assert len(driver.steps) == LONGEST


def test_a_flow_for_which_nobody_visits_has_no_browsers_hop():
    with pytest.raises(NotImplementedError):
        asyncio.run(NoBrowser().visit(Ask("GET", URL), "state"))


def test_an_end_asks_nothing_and_nothing_follows_it():
    end = Discovered(settings(), login()[0].state.found)
    assert end.section == ""
    with pytest.raises(RuntimeError):
        end.ask()
    with pytest.raises(RuntimeError):
        end.next(answer())


# --- whatever a server says --------------------------------------------------------------------------------------

TEXT = st.text(max_size=30) | st.sampled_from(["http://[bad", "https://h:x", "\u2100", ISSUER, URL, "javascript:x"])
VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


def documents(of):
    """The document with some members replaced by anything."""
    return st.dictionaries(st.sampled_from(sorted(of)), VALUE, max_size=4).map(lambda odd: {**of, **odd})


REGISTERED = {"client_id": "c", "client_secret": "s-e-c", "token_endpoint_auth_method": "none", "error": None}
ODD = {
    RESOURCE_METADATA: documents(resource_document(scopes_supported=["a"])),
    METADATA: documents(server_document(scopes_supported=["a"], grant_types_supported=["x"])),
    f"{ISSUER}/register": documents(REGISTERED),
    f"{ISSUER}/token": documents({**TOKENS, "refresh_token": "r-0", "scope": "a", "error": None}),
}
BODY = st.sampled_from(sorted(ODD)).flatmap(lambda url: st.tuples(st.just(url), ODD[url]))
STATUS = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 500])
HEADER = st.text(st.characters(min_codepoint=32, max_codepoint=255), max_size=80)


def ends(answers):
    """The flow ends in a state with a name, or in an error of ours."""
    driver, _ = login(answers)
    try:
        assert isinstance(asyncio.run(driver.run()), END)
    except MCPMagicsError as error:
        assert error.failure.class_


@given(st.lists(BODY, min_size=1, max_size=3), STATUS)
@hypothesis_settings(max_examples=150, deadline=None)
def test_no_odd_document_ends_a_login_in_anything_but_an_error_of_ours(odd, status):
    ends({**good(), **{url: answer(document, status) for url, document in odd}})


@given(HEADER, st.binary(max_size=60), STATUS, st.sampled_from([URL, *ODD]))
@hypothesis_settings(max_examples=150, deadline=None)
def test_no_odd_header_or_body_does_either(header, body, status, url):
    odd = Answer(
        url, status, {"www-authenticate": f"Bearer {header}", "mcp-session-id": header, "dpop-nonce": header}, body
    )
    ends({**good(), url: odd})


@given(st.sampled_from(["http://[bad", "https://\u2100/", "x" * 5000, "//", "https://h/\ud800", "data:,x"]))
@hypothesis_settings(deadline=None)
def test_no_address_in_a_challenge_does_either(bad):
    ends({**good(), URL: answer(status=401, www_authenticate=f'Bearer resource_metadata="{bad}"')})


def test_refusals_say_what_to_type_next():
    for url in ODD:
        driver, _ = login(good(**{url: answer(b"[" * 100_000, 500)}))
        end = asyncio.run(driver.run())
        assert isinstance(end, Refused | Granted)
        assert isinstance(end, Granted) or end.failure.next_step
