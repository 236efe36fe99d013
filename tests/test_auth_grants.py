"""What is asked of an authorization server, and what its answers mean: RFC 6749, 7009, 7523, 7591, 7636, 8693, 8707."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from mcp_magics.auth import grants
from mcp_magics.auth.authorization import Pkce, authorization_request, unguessable
from mcp_magics.auth.client_authentication import authenticate
from mcp_magics.auth.credential import Client
from mcp_magics.auth.message import Answer
from mcp_magics.auth.registration import (
    application_type,
    read_registration,
    registration,
    registration_unavailable,
)
from mcp_magics.auth.token_answer import TokenAnswer, read_identity_assertion, read_tokens
from mcp_magics.errors import Failure
from mcp_magics.redact import redactor

ISSUER = "https://as.example.com"
TOKEN = "https://as.example.com/token"
RESOURCE = "https://mcp.example.com/mcp"
REDIRECT = "http://127.0.0.1:4321/callback/abc"
JSON = {"content-type": "application/json;charset=UTF-8"}
NOW = 1_700_000_000.0


def answer(body, status=200, headers=JSON):
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(TOKEN, status, headers, data)


def tokens(body, status=200, headers=JSON, requested=("read", "write")):
    given = answer(body, status, headers)
    return read_tokens(given, server="shop", method="client_secret_basic", arrived=NOW, requested=requested)


def granted(body, **options):
    read = tokens(body, **options)
    assert isinstance(read, TokenAnswer), read
    return read


def failed(body, status=400, headers=JSON):
    read = tokens(body, status, headers)
    assert isinstance(read, Failure), read
    assert read.message.strip()
    assert (read.server, read.phase) == ("shop", "token")
    assert read.next_step
    return read


def registered(body, status=201, **options):
    return read_registration(answer(body, status), server="shop", issuer=ISSUER, redirect_uri=REDIRECT, **options)


# The authorization request


def test_the_challenge_of_a_verifier_is_that_of_the_rfc():
    pair = Pkce.of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")  # RFC 7636, appendix B
    assert pair.challenge == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert "dBjftJeZ4CVP" not in redactor().text("said dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk before")


@pytest.mark.parametrize("verifier", ["a" * 42, "a" * 129, "a" * 42 + "ä", "a" * 43 + "\n", ""])
def test_a_verifier_outside_the_grammar_is_refused(verifier):
    with pytest.raises(ValueError, match="43 to 128"):
        Pkce.of(verifier)


def test_what_is_unguessable_never_repeats_and_is_never_shown():
    texts = {unguessable() for _ in range(100)}
    assert len(texts) == 100
    assert all(len(text) == 43 for text in texts)
    pair = Pkce.new()
    assert pair.verifier not in repr(pair)
    assert pair.verifier not in redactor().text(f"code_verifier was {pair.verifier}")


def asked(endpoint="https://as.example.com/authorize", **options):
    given = {"client_id": "s6BhdRkqt3", "redirect_uri": REDIRECT, "state": "xyz", "challenge": "c" * 43, **options}
    return authorization_request(endpoint, **given)


def test_the_authorization_request_says_all_it_must_and_nothing_empty():
    ask = asked()
    assert (ask.method, ask.browser, ask.form, ask.body) == ("GET", True, None, None)
    assert ask.fields == (
        ("response_type", "code"),
        ("client_id", "s6BhdRkqt3"),
        ("redirect_uri", REDIRECT),
        ("state", "xyz"),
        ("code_challenge", "c" * 43),
        ("code_challenge_method", "S256"),
    )


def test_scopes_and_the_resource_stand_once_each():
    fields = dict(asked(scopes=["b", "a", "b"], resource=RESOURCE).fields)
    assert (fields["scope"], fields["resource"]) == ("b a", RESOURCE)


def test_the_query_of_the_endpoint_is_kept_but_for_what_the_flow_says_itself():
    endpoint = "https://as.example.com/authorize?tenant=a%20b&flag=&resource=https://evil.example&state=1#top"
    ask = asked(endpoint, resource=RESOURCE)
    pairs = parse_qsl(urlsplit(ask.url).query, keep_blank_values=True)
    assert pairs[:2] == [("tenant", "a b"), ("flag", "")]
    assert [value for name, value in pairs if name == "resource"] == [RESOURCE]
    assert [value for name, value in pairs if name == "state"] == ["xyz"]
    assert urlsplit(ask.url).fragment == ""


def test_additions_never_replace_what_the_flow_says_itself():
    extra = (("prompt", "consent"), ("state", "other"), ("resource", "https://evil.example"))
    fields = asked(extra=extra, resource=RESOURCE).fields
    assert ("prompt", "consent") in fields
    assert [value for name, value in fields if name in ("state", "resource")] == ["xyz", RESOURCE]


# The grants


def test_a_code_is_exchanged_with_its_verifier_and_its_redirect_uri():
    ask = grants.authorization_code(
        TOKEN, code="SplxlOBeZQQYbYS6WxSbIA", redirect_uri=REDIRECT, code_verifier="v" * 43, resource=RESOURCE
    )
    assert (ask.method, ask.url) == ("POST", TOKEN)
    assert ask.form == (
        ("grant_type", "authorization_code"),
        ("code", "SplxlOBeZQQYbYS6WxSbIA"),
        ("redirect_uri", REDIRECT),
        ("code_verifier", "v" * 43),
        ("resource", RESOURCE),
    )


def test_a_refresh_is_the_example_of_the_rfc():
    ask = grants.refresh_token("https://server.example.com/token", token="tGzv3JOkF0XG5Qx2TlKWIA")  # RFC 6749 §6
    assert ask.form == (("grant_type", "refresh_token"), ("refresh_token", "tGzv3JOkF0XG5Qx2TlKWIA"))


def test_client_credentials_name_resource_and_scopes():
    ask = grants.client_credentials(TOKEN, resource=RESOURCE, scopes=("a", "b"))
    assert ask.form == (("grant_type", "client_credentials"), ("resource", RESOURCE), ("scope", "a b"))


def test_a_workload_presents_its_jwt_and_its_client_id():
    ask = grants.jwt_bearer(TOKEN, assertion="eyJ.a.b", resource=RESOURCE)
    form = authenticate(ask, Client("workload", "configured", ISSUER)).form
    assert form == (
        ("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"),
        ("assertion", "eyJ.a.b"),
        ("resource", RESOURCE),
        ("client_id", "workload"),
    )


def test_an_id_token_is_exchanged_for_an_assertion_for_one_server_and_one_resource():
    ask = grants.identity_exchange(
        "https://idp.example/token", subject_token="eyJ.id.t", audience=ISSUER, resource=RESOURCE, scopes=("a",)
    )
    assert ask.form == (
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("requested_token_type", "urn:ietf:params:oauth:token-type:id-jag"),
        ("audience", ISSUER),
        ("subject_token", "eyJ.id.t"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:id_token"),
        ("resource", RESOURCE),
        ("scope", "a"),
    )


def test_a_revocation_is_the_example_of_the_rfc():
    ask = grants.revocation("https://server.example.com/revoke", "45ghiukldjahdnhzdauz")  # RFC 7009 §2.1
    assert ask.form == (("token", "45ghiukldjahdnhzdauz"), ("token_type_hint", "refresh_token"))


def test_what_a_grant_sends_is_known_as_a_secret():
    grants.authorization_code(TOKEN, code="a-code-1", redirect_uri=REDIRECT, code_verifier="a-verifier-1")
    grants.refresh_token(TOKEN, token="a-refresh-1")
    grants.jwt_bearer(TOKEN, assertion="an-assertion-1")
    grants.identity_exchange(TOKEN, subject_token="a-subject-1", audience=ISSUER)
    grants.revocation(TOKEN, "a-token-1")
    shown = redactor().text("a-code-1 a-verifier-1 a-refresh-1 an-assertion-1 a-subject-1 a-token-1")
    assert "-1" not in shown.replace("<secret-1", "<secret")


# The token endpoint's answer


def test_tokens_are_read_as_the_rfc_has_them():
    body = {
        "access_token": "2YotnFZFEjr1zCsicMWpAA",
        "token_type": "Bearer",
        "expires_in": 3600,
        "refresh_token": "tGzv3JOkF0XG5Qx2TlKWIA",
        "example_parameter": "example_value",
    }
    read = granted(body)  # RFC 6749 §5.1
    assert read.violations == ()
    assert (read.tokens.access_token, read.tokens.token_type) == ("2YotnFZFEjr1zCsicMWpAA", "Bearer")
    assert read.tokens.refresh_token == "tGzv3JOkF0XG5Qx2TlKWIA"
    assert read.tokens.expires_at == NOW + 3600


def test_scopes_not_named_are_those_asked_for_and_named_ones_are_those_granted():
    assert granted({"access_token": "t0ken-a", "token_type": "Bearer"}).tokens.scopes == ("read", "write")
    body = {"access_token": "t0ken-a", "token_type": "Bearer", "scope": "read read offline_access"}
    assert granted(body).tokens.scopes == ("read", "offline_access")
    assert granted(body | {"scope": ""}).tokens.scopes == ()


@pytest.mark.parametrize(
    ("given", "kind"), [("bearer", "Bearer"), ("BEARER", "Bearer"), ("DPoP", "DPoP"), ("dpop", "DPoP")]
)
def test_the_type_of_a_token_has_no_case(given, kind):
    assert granted({"access_token": "t0ken-a", "token_type": given}).tokens.token_type == kind


def test_a_missing_type_is_taken_for_bearer_and_told():
    read = granted({"access_token": "t0ken-a"})
    assert read.tokens.token_type == "Bearer"
    assert "token_type is missing" in read.violations[0]


@pytest.mark.parametrize("kind", ["mac", "N_A", "Basic\nx"])
def test_a_token_of_another_type_cannot_be_used(kind):
    failure = failed({"access_token": "t0ken-a", "token_type": kind}, 200)
    assert failure.class_ == "token_exchange_failed"
    assert kind.split("\n")[0] in failure.message
    assert "t0ken-a" not in str(failure)


@pytest.mark.parametrize(
    ("given", "seconds", "broken"),
    [
        ("3600", 3600, True),
        (3600.5, 3600.5, False),
        ("soon", None, True),
        (None, None, False),
        (True, None, True),
        (0, None, True),
        (-1, None, True),
        (1e300, None, True),
        (10**400, None, True),
        ("nan", None, True),
        ([60], None, True),
    ],
)
def test_a_life_that_is_no_number_is_taken_for_unsaid_and_told(given, seconds, broken):
    read = granted({"access_token": "t0ken-a", "token_type": "Bearer", "expires_in": given})
    assert read.tokens.expires_at == (None if seconds is None else NOW + seconds)
    assert any("expires_in" in each for each in read.violations) is broken


@pytest.mark.parametrize("given", ["", "  ", 7, ["r"], False])
def test_a_refresh_token_that_is_none_is_taken_for_unsaid_and_told(given):
    read = granted({"access_token": "t0ken-a", "token_type": "Bearer", "refresh_token": given})
    assert read.tokens.refresh_token is None
    assert "refresh_token" in read.violations[0]


def test_a_form_encoded_answer_is_understood_and_told():
    body = b"access_token=gho_16C7e42F292c6912E7&scope=repo%2Cgist&token_type=bearer"  # GitHub's documentation
    read = granted(body, headers={"content-type": "application/x-www-form-urlencoded; charset=utf-8"})
    assert (read.tokens.access_token, read.tokens.scopes) == ("gho_16C7e42F292c6912E7", ("repo", "gist"))
    assert "form-encoded" in read.violations[0]
    assert "commas" in read.violations[1]
    assert granted(body, headers={"content-type": "text/plain"}).tokens.token_type == "Bearer"


def test_of_a_repeated_name_in_a_form_the_first_counts():
    read = granted(b"access_token=first-1&access_token=second-2&token_type=bearer", headers={})
    assert read.tokens.access_token == "first-1"


def test_json_that_calls_itself_something_else_is_understood_and_told():
    read = granted({"access_token": "t0ken-a", "token_type": "Bearer"}, headers={"content-type": "text/plain"})
    assert "text/plain" in read.violations[0]


@pytest.mark.parametrize(
    ("code", "class_", "step"),
    [
        ("invalid_grant", "invalid_grant", "%mcp login shop --again"),
        ("invalid_client", "client_unknown", "%mcp logout shop --forget-client"),
        ("invalid_scope", "scope_rejected", "%mcp login shop --scopes SCOPE,SCOPE"),
        ("invalid_target", "audience_rejected", "%mcp login shop --oauth-resource URL"),
        ("unauthorized_client", "token_exchange_failed", "%mcp login shop --again"),
        ("unsupported_grant_type", "token_exchange_failed", "%mcp login shop --again"),
        ("made_up", "token_exchange_failed", "%mcp login shop --again"),
    ],
)
def test_an_error_has_a_class_of_its_own_and_keeps_the_server_s_words(code, class_, step):
    body = {"error": code, "error_description": "because\u202e \x1b[31mI say so", "error_uri": "https://as.example/e"}
    failure = failed(body)
    assert (failure.class_, failure.next_step) == (class_, step)
    told = "" if code == class_ else f"{code}: "  # the class says it already
    assert failure.message == f"the token endpoint refused: {told}because⟨U+202E⟩ I say so"
    assert failure.evidence[0] == f"400 from {TOKEN} · client authenticated by client_secret_basic"
    assert failure.evidence[1] == "see https://as.example/e"
    assert not failure.retryable


def test_an_error_in_an_answer_of_200_is_an_error():
    body = b"error=bad_verification_code&error_description=The+code+is+incorrect"
    failure = failed(body, 200, {"content-type": "application/x-www-form-urlencoded"})
    assert failure.class_ == "invalid_grant"
    assert "The code is incorrect" in failure.message
    assert failed({"error": "incorrect_client_credentials"}, 200).class_ == "client_unknown"


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"error": {"code": 400, "message": "Bad Request"}}, "400: Bad Request"),
        ({"error": {}}, "error"),
        ({"message": "no such tenant"}, "400: no such tenant"),
        ({"detail": [{"msg": "field required"}]}, "field required"),
        ({}, "names no error"),
        ([], "neither tokens nor an error"),
        (b"", "no content type"),
        (b"\xff\xfe\x00", "neither tokens nor an error"),
        ({"error": "", "error_description": ""}, "names no error"),
        (b"[" * 100_000, "neither tokens nor an error"),
    ],
)
def test_no_refusal_is_without_words(body, said):
    assert said in failed(body, 400, {} if body == b"" else JSON).message


def test_a_web_page_is_something_between_here_and_the_server():
    page = b"\n<!DOCTYPE html><html><title>Sign in</title><p>refresh_token=abcdefghij0123456789"
    failure = failed(page, 200, {"content-type": "text/html"})
    assert failure.class_ == "intercepted_html"
    assert "client_secret_basic" in failure.evidence[0]
    assert "Sign in" in failure.evidence[1]
    assert "abcdefghij" not in str(failure)


def test_a_web_page_that_says_not_found_is_no_token_endpoint():
    failure = failed(b"<html>not here</html>", 404)
    assert failure.class_ == "token_exchange_failed"
    assert "no token endpoint answers there (404" in failure.message


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_answer_that_may_be_better_later_can_be_tried_again(status):
    assert failed(b"<html>busy</html>", status).retryable
    assert failed({"error": "temporarily_unavailable"}, status).retryable
    assert failed({}, status).retryable


def test_a_redirect_is_not_followed_with_a_secret():
    assert "redirects (307)" in failed(b"", 307).message


@pytest.mark.parametrize("given", [None, "", " ", 7, {"a": 1}])
def test_an_answer_without_an_access_token_names_its_members_and_no_value(given):
    failure = failed({"access_token": given, "token": "opaque-and-secret", "expires": 5}, 200)
    assert "without an access token" in failure.message
    assert "members: access_token, token, expires" in failure.evidence
    assert "opaque" not in str(failure)


@pytest.mark.parametrize("given", ["two words", "line\nbreak", "ümlaut", "\x00"])
def test_a_token_no_header_can_carry_is_refused_before_it_is_sent(given):
    failure = failed({"access_token": given, "token_type": "Bearer"}, 200)
    assert "no header can carry" in failure.message


def test_what_the_network_did_is_passed_on():
    lost = Failure("no_response", "it did not answer", "http", "shop", retryable=True)
    assert read_tokens(Answer(TOKEN, failure=lost), server="shop", method="none", arrived=NOW) is lost


def test_no_repr_shows_a_token():
    body = {
        "access_token": "canary-access-1",
        "refresh_token": "canary-refresh-1",
        "id_token": "canary-id-1",
        "token_type": "Bearer",
    }
    assert "canary" not in repr(granted(body))
    assert "canary" not in redactor().text("canary-access-1 canary-refresh-1 canary-id-1")


def test_a_secret_the_server_repeats_in_its_error_is_not_shown():
    grants.refresh_token(TOKEN, token="canary-repeated-1")
    failure = failed({"error": "invalid_grant", "error_description": "canary-repeated-1 is unknown"})
    assert "canary" not in str(failure)


def test_an_id_jag_is_taken_only_where_it_is_one():
    body = {
        "access_token": "eyJ.id.jag",
        "issued_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        "token_type": "N_A",
    }
    assert read_identity_assertion(answer(body), server="shop", method="none") == "eyJ.id.jag"
    other = answer(body | {"issued_token_type": "urn:ietf:params:oauth:token-type:access_token"})
    failure = read_identity_assertion(other, server="shop", method="none")
    assert isinstance(failure, Failure)
    assert "access_token where" in failure.message
    refused = answer({"error": "invalid_grant", "error_description": "Invalid ID token"}, 400)
    assert read_identity_assertion(refused, server="shop", method="none").class_ == "invalid_grant"


# Registration


def test_a_registration_says_what_the_client_is():
    ask = registration("https://as.example.com/register", redirect_uri=REDIRECT, scopes=("a", "b"))
    assert (ask.method, ask.form, ask.headers) == ("POST", None, ())
    body = dict(ask.body)
    assert body.pop("software_version")
    assert len(body.pop("software_id")) == 36
    assert body == {
        "client_name": "mcp_magics",
        "redirect_uris": [REDIRECT],
        "grant_types": ["authorization_code", "refresh_token"],
        "response_types": ["code"],
        "token_endpoint_auth_method": "none",
        "application_type": "native",
        "scope": "a b",
    }
    assert "scope" not in registration("https://as.example.com/register", redirect_uri=REDIRECT).body


def test_an_initial_access_token_goes_into_the_header():
    ask = registration("https://as.example.com/register", redirect_uri=REDIRECT, initial_access_token="initial-1")
    assert ask.headers == (("authorization", "Bearer initial-1"),)


@pytest.mark.parametrize(
    ("uri", "kind"),
    [
        ("http://127.0.0.1:1/callback", "native"),
        ("http://localhost/callback", "native"),
        ("http://[::1]:1/callback", "native"),
        ("com.example.app:/callback", "native"),
        ("https://hub.example.org/user/a/proxy/1/callback", "web"),
        ("https://127.0.0.1.example.org/callback", "web"),
    ],
)
def test_an_application_is_native_where_the_redirect_comes_back_to_this_machine(uri, kind):
    assert application_type(uri) == kind


def test_a_client_is_read_as_the_rfc_has_it():
    body = {
        "client_id": "s6BhdRkqt3",
        "client_secret": "cf136dc3c1fc93f31185e5885805d",
        "client_id_issued_at": 2893256800,
        "client_secret_expires_at": 2893276800,
        "registration_access_token": "reg-23410913-abewfq.123483",
        "registration_client_uri": "https://server.example.com/register/s6BhdRkqt3",
        "token_endpoint_auth_method": "client_secret_basic",
    }
    client = registered(body)  # RFC 7591 §3.2.1
    assert isinstance(client, Client)
    assert (client.client_id, client.origin, client.issuer) == ("s6BhdRkqt3", "registered", ISSUER)
    assert (client.auth_method, client.redirect_uri) == ("client_secret_basic", REDIRECT)
    assert client.secret_expires_at == 2893276800
    assert client.registration_uri == "https://server.example.com/register/s6BhdRkqt3"
    assert "cf136dc3" not in repr(client)
    assert "23410913" not in repr(client)


@pytest.mark.parametrize("given", [0, None, "never", True, -1])
def test_a_secret_without_an_end_never_ends(given):
    assert registered({"client_id": "c", "client_secret_expires_at": given}).secret_expires_at is None


@pytest.mark.parametrize(
    ("body", "asked_for", "supported", "method"),
    [
        ({}, "none", None, "none"),
        ({}, "client_secret_post", None, "client_secret_post"),
        ({"client_secret": "s3cret-s"}, "none", None, "client_secret_basic"),
        ({"client_secret": "s3cret-s"}, "none", ("client_secret_post",), "client_secret_post"),
        ({"client_secret": "s3cret-s"}, "none", ("none",), "none"),
        ({"client_secret": "s3cret-s"}, "none", ("tls_client_auth",), "client_secret_basic"),
        ({"token_endpoint_auth_method": "client_secret_post"}, "none", None, "client_secret_post"),
    ],
)
def test_how_a_registered_client_authenticates(body, asked_for, supported, method):
    client = registered({"client_id": "c", **body}, auth_method=asked_for, supported=supported)
    assert client.auth_method == method


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, {"error": "invalid_redirect_uri", "error_description": "no http"}, "redirect URI (invalid_redirect_uri"),
        (400, {"error": "invalid_client_metadata"}, "a member of the request (invalid_client_metadata"),
        (400, {"error": "invalid_software_statement"}, "the software statement"),
        (400, {"error": "unapproved_software_statement"}, "not approved this software"),
        (400, {"error": "made_up"}, "refused (made_up)"),
        (401, {}, "registers only those it knows (401)"),
        (403, b"<html>", "registers only those it knows (403)"),
        (404, b"<html>", "nothing registers clients there (404)"),
        (200, {}, "without a client_id"),
        (200, {"client_id": ""}, "without a client_id"),
        (201, {"client_id": 7}, "without a client_id"),
        (418, b"", "answered 418"),
    ],
)
def test_a_refused_registration_says_why_and_what_to_register_by_hand(status, body, said):
    failure = registered(body, status)
    assert isinstance(failure, Failure)
    assert failure.class_ == "registration_unavailable"
    assert said in failure.message
    assert REDIRECT in failure.evidence[0]
    assert failure.next_step.startswith("%mcp login shop --oauth-client-id ID --callback-port ")
    assert not failure.retryable


def test_a_registration_that_may_work_later_can_be_tried_again():
    failure = registered({"error": "temporarily_unavailable"}, 503)
    assert failure.retryable
    assert failure.next_step == "%mcp login shop"


def test_a_server_without_registration_prints_the_same_two_things():
    failure = registration_unavailable("shop", REDIRECT, "it has no registration endpoint")
    assert REDIRECT in failure.evidence[0]
    assert "--oauth-client-id" in failure.next_step
