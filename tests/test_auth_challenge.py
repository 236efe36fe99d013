"""What ``WWW-Authenticate`` asks for: RFC 9110 §11.6.1, RFC 6750 §3, RFC 9728 §5.1."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mcp_magics.wire.challenge import LONGEST, Challenge, challenges, oauth_challenge


def schemes(header):
    return [each.scheme for each in challenges(header)]


def only(header):
    (found,) = challenges(header)
    return found


@pytest.mark.parametrize("header", [None, "", "   ", ",,,", '"', "=", 'realm="x"', "=x, Bearer"])
def test_what_names_no_scheme_is_no_challenge(header):
    assert challenges(header) == ()


def test_a_scheme_alone_is_a_challenge_without_parameters():
    assert only("Bearer") == Challenge("bearer", {})


def test_scheme_and_names_of_parameters_have_no_case_and_values_do_rfc9110_11_1():
    assert only('BEARER Realm="Mixed Case"') == Challenge("bearer", {"realm": "Mixed Case"})


def test_a_quoted_string_may_hold_commas_and_escaped_quotes_rfc9110_5_6_4():
    assert only(r'Bearer realm="a, \"b\" c", error=x').parameters == {"realm": 'a, "b" c', "error": "x"}


def test_blanks_may_stand_around_the_equals_sign_rfc9110_11_2():
    assert only('Bearer realm = "x" ,\t error\t=  "y"').parameters == {"realm": "x", "error": "y"}


def test_several_challenges_in_one_field_are_told_apart_rfc9110_11_6_1():
    found = challenges('Basic realm="x", charset="UTF-8", Bearer scope="a b", DPoP algs="ES256"')
    assert [each.scheme for each in found] == ["basic", "bearer", "dpop"]
    assert [dict(each.parameters) for each in found] == [
        {"realm": "x", "charset": "UTF-8"},
        {"scope": "a b"},
        {"algs": "ES256"},
    ]


def test_token68_is_no_parameter_and_hides_nothing_behind_it_rfc9110_11_2():
    found = challenges('Negotiate YWJj/+ab==, Bearer error="invalid_token"')
    assert found == (Challenge("negotiate", {}), Challenge("bearer", {"error": "invalid_token"}))


def test_a_scheme_without_anything_before_another_is_a_challenge_of_its_own():
    assert schemes("Negotiate, Bearer") == ["negotiate", "bearer"]
    assert schemes('Negotiate Bearer realm="x"') == ["negotiate", "bearer"]


def test_empty_elements_of_the_list_are_passed_over_rfc9110_5_6_1():
    assert only(', ,Bearer realm="x",, error="y",').parameters == {"realm": "x", "error": "y"}


def test_a_missing_comma_between_parameters_is_forgiven():
    assert only('Bearer error="x" scope="a"').parameters == {"error": "x", "scope": "a"}


def test_of_a_repeated_parameter_the_first_counts_rfc6750_3():
    assert only('Bearer scope="first", scope="second"').scopes == ("first",)


def test_a_quote_that_never_ends_loses_its_parameter_and_nothing_before_it():
    found = challenges('Bearer error="invalid_token", realm="never')
    assert found[0] == Challenge("bearer", {"error": "invalid_token"})


def test_scopes_stand_apart_by_blanks_in_order_and_once_rfc6750_3():
    assert only('Bearer scope="b a  b"').scopes == ("b", "a")
    assert only('Bearer scope=""').scopes == ()
    assert only("Bearer").scopes is None


def test_the_members_a_client_looks_at_are_named_rfc6750_3_1_rfc9728_5_1():
    found = only('Bearer error="insufficient_scope", resource_metadata="https://h/.well-known/x?y=1,2"')
    assert (found.error, found.resource_metadata) == ("insufficient_scope", "https://h/.well-known/x?y=1,2")
    assert (only("Bearer").error, only("Bearer").resource_metadata) == (None, None)


def test_only_bearer_and_dpop_ask_for_a_token_rfc9449_7_1():
    assert oauth_challenge('Basic realm="x", Digest nonce="y"') is None
    assert oauth_challenge("DPoP").scheme == "dpop"


def test_of_two_challenges_the_one_that_names_the_metadata_is_answered_rfc9728_5_1():
    header = 'Bearer realm="x", error="y", scope="z", DPoP resource_metadata="https://h/m"'
    assert oauth_challenge(header).scheme == "dpop"
    assert oauth_challenge('DPoP, Bearer realm="x"').scheme == "bearer"


def test_what_stands_beyond_the_bound_is_not_read():
    far = "Basic " + "x" * LONGEST + ", Bearer"
    assert oauth_challenge(far) is None
    assert oauth_challenge(far[:100] + ", Bearer") is not None


@given(st.text(max_size=400))
def test_no_text_at_all_makes_the_parser_raise(header):
    for found in challenges(header):
        assert found.scheme == found.scheme.lower() != ""


PIECES = st.sampled_from(["Bearer", " ", ",", "=", '"', "\\", 'a="', '\\"', "\t", "\n", "x", "==", "a=b", "é", "/"])


@given(PIECES, PIECES, st.integers(1, 4000), PIECES)
def test_patterns_repeated_to_the_bound_and_beyond_are_read_at_once(first, second, times, last):
    found = challenges("Bearer " + (first + second) * times + last)  # hypothesis's deadline ends what is not linear
    assert all(each.scheme for each in found)


WORD = st.text("abcdefghijklmnopqrstuvwxyz-_0123456789", min_size=1, max_size=12)
PRINTABLE = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)


def quoted(value):
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(st.tuples(WORD, st.dictionaries(WORD, PRINTABLE, min_size=1, max_size=4)), min_size=1, max_size=4))
def test_what_the_grammar_can_write_is_read_as_it_was_meant_rfc9110_11_6_1(written):
    header = ", ".join(
        f"{scheme} " + ", ".join(f"{name}={quoted(value)}" for name, value in parameters.items())
        for scheme, parameters in written
    )
    assert [(each.scheme, dict(each.parameters)) for each in challenges(header)] == written


def test_the_preferred_scheme_is_taken_where_it_is_offered_at_all_rfc9449_7_1():
    both = 'Bearer resource_metadata="https://h/m", DPoP algs="ES256"'
    assert oauth_challenge(both).scheme == "bearer"
    assert oauth_challenge(both, prefer="dpop").scheme == "dpop"
    assert oauth_challenge("Bearer", prefer="dpop").scheme == "bearer"
