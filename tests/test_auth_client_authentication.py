"""How a client authenticates (RFC 6749 §2.3, RFC 7523 §2.2): the method chosen, and what it adds to a request."""

from __future__ import annotations

import json
import time
from base64 import b64decode

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey

from mcp_magics.auth.assertion import LIFETIME, SigningKey, client_assertion, read_key_file
from mcp_magics.auth.client_authentication import (
    ASSERTION_TYPE,
    METHODS,
    authenticate,
    basic,
    choose_method,
    method_to_register,
)
from mcp_magics.auth.credential import Client
from mcp_magics.auth.message import Ask
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

ISSUER = "https://as.example.com"
TOKEN = "https://as.example.com/token"
ASK = Ask("POST", TOKEN, form=(("grant_type", "client_credentials"),))
SECRET = "7Fjfp0ZBr1KtDRbnfVdmIw"


def client(secret=None, origin="configured", method="none"):
    return Client("s6BhdRkqt3", origin, ISSUER, method, client_secret=secret)


@pytest.fixture(scope="module")
def keys():
    return {
        "P-256": ECKey.generate_key("P-256", private=True),
        "P-384": ECKey.generate_key("P-384", private=True),
        "P-521": ECKey.generate_key("P-521", private=True),
        "RSA": RSAKey.generate_key(2048, private=True),
        "Ed25519": OKPKey.generate_key("Ed25519", private=True),
    }


def pem(key):
    return key.as_pem(private=True).decode()


def decoded(token, key, algorithm):
    return jwt.decode(token, key, algorithms=[algorithm])


def test_basic_is_the_example_of_the_rfc():
    asked = authenticate(ASK, client(SECRET), "client_secret_basic")
    assert dict(asked.headers)["authorization"] == "Basic czZCaGRSa3F0Mzo3RmpmcDBaQnIxS3REUmJuZlZkbUl3"
    assert (asked.form or ())[: len(ASK.form or ())] == ASK.form


def test_basic_names_the_client_in_the_form_too_where_some_servers_look_for_it():
    asked = authenticate(ASK, client(SECRET), "client_secret_basic")
    fields = dict(asked.form or ())
    assert fields["client_id"] == client(SECRET).client_id
    assert "client_secret" not in fields


def test_basic_form_encodes_both_parts_before_joining_them():
    header = basic("a:b", " %&+£€")  # the octets of RFC 6749, appendix B
    assert b64decode(header.removeprefix("Basic ")) == b"a%3Ab:+%25%26%2B%C2%A3%E2%82%AC"


def test_what_basic_sends_is_known_as_a_secret():
    encoded = basic("some client", "some-secret-of-it").removeprefix("Basic ")
    assert encoded not in redactor().text(f"it sent {encoded} there")


def test_post_puts_both_into_the_form_once():
    asked = authenticate(ASK.changed({"client_id": "somebody else"}), client(SECRET), "client_secret_post")
    assert asked.form == (*ASK.form, ("client_id", "s6BhdRkqt3"), ("client_secret", SECRET))
    assert asked.headers == ()


def test_a_public_client_names_itself_in_the_form():
    assert authenticate(ASK, client()).form == (*ASK.form, ("client_id", "s6BhdRkqt3"))


def test_authenticating_twice_leaves_one_authorization():
    once = authenticate(ASK, client(SECRET), "client_secret_basic")
    assert authenticate(once, client(SECRET), "client_secret_basic") == once


@pytest.mark.parametrize(
    ("kind", "asked_for", "algorithm"),
    [
        ("P-256", None, "ES256"),
        ("P-384", None, "ES384"),
        ("P-521", None, "ES512"),
        ("RSA", None, "RS256"),
        ("RSA", "PS256", "PS256"),
        ("Ed25519", None, "EdDSA"),
        ("Ed25519", "Ed25519", "Ed25519"),
    ],
)
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")  # joserfc, when this test verifies
def test_an_assertion_is_signed_with_the_algorithm_of_its_key(keys, kind, asked_for, algorithm):
    key = SigningKey.of(pem(keys[kind]), asked_for)
    asked = authenticate(ASK, client(), "private_key_jwt", key=key)
    form = dict(asked.form)
    assert (form["client_assertion_type"], form["client_id"]) == (ASSERTION_TYPE, "s6BhdRkqt3")
    token = decoded(form["client_assertion"], keys[kind], algorithm)
    assert token.header["alg"] == algorithm
    claims = token.claims
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("s6BhdRkqt3", "s6BhdRkqt3", ISSUER)
    assert claims["exp"] - claims["iat"] == LIFETIME == 300
    assert abs(claims["iat"] - time.time()) < 60


def test_every_assertion_has_an_identifier_of_its_own(keys):
    key = SigningKey.of(pem(keys["P-256"]))
    tokens = [decoded(client_assertion(key, "c", ISSUER), keys["P-256"], "ES256") for _ in range(2)]
    assert tokens[0].claims["jti"] != tokens[1].claims["jti"]


def test_the_audience_can_be_the_token_endpoint(keys):
    key = SigningKey.of(pem(keys["P-256"]))
    form = dict(authenticate(ASK, client(), "private_key_jwt", key=key, audience=TOKEN).form)
    assert decoded(form["client_assertion"], keys["P-256"], "ES256").claims["aud"] == TOKEN


def test_a_jwk_brings_its_algorithm_and_its_identifier(keys):
    members = keys["RSA"].as_dict(private=True) | {"alg": "PS384", "kid": "2026-11"}
    key = SigningKey.of(json.dumps(members))
    token = decoded(client_assertion(key, "c", ISSUER), keys["RSA"], "PS384")
    assert (token.header["alg"], token.header["kid"]) == ("PS384", "2026-11")


def test_of_several_algorithms_the_one_the_server_supports_is_taken(keys):
    assert SigningKey.of(pem(keys["RSA"]), supported=("ES256", "PS256")).algorithm == "PS256"
    assert SigningKey.of(pem(keys["Ed25519"]), supported=("Ed25519",)).algorithm == "Ed25519"


def test_a_pem_from_an_environment_variable_may_have_escaped_line_ends(keys):
    text = pem(keys["P-256"])
    assert SigningKey.of(text.strip().replace("\n", "\\n")).algorithm == SigningKey.of(text).algorithm == "ES256"


def test_a_secret_signs_too():
    form = dict(authenticate(ASK, client(SECRET), "client_secret_jwt").form)
    token = decoded(form["client_assertion"], OctKey.import_key(SECRET), "HS256")
    assert token.claims["sub"] == "s6BhdRkqt3"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "neither a PEM nor a JWK"),
        ("", "neither a PEM nor a JWK"),
        ("{not json", "it is no JSON"),
        ('{"kty": "EC"}', "no JWK that can be used"),
        ('{"keys": []}', "no JWK that can be used"),
        ("[]", "neither a PEM nor a JWK"),
        ('{"kty": "oct", "k": "c2VjcmV0LXNlY3JldC1zZWNyZXQtMTIz"}', "shared secret"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----", "no usable private key"),
        ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----", "encrypted"),
    ],
)
def test_what_is_no_private_key_is_refused_by_name(text, said):
    with pytest.raises(ConfigurationError, match=said) as caught:
        SigningKey.of(text, where="--private-key-file k.pem")
    assert "--private-key-file k.pem" in caught.value.failure.message
    assert caught.value.failure.next_step


def test_a_public_key_is_told_from_a_private_one(keys):
    for text in (keys["P-256"].as_pem(private=False).decode(), json.dumps(keys["RSA"].as_dict(private=False))):
        with pytest.raises(ConfigurationError, match="public key"):
            SigningKey.of(text)


def test_an_algorithm_of_another_kind_of_key_is_refused_with_one_that_fits(keys):
    with pytest.raises(ConfigurationError, match="cannot sign with RS256") as caught:
        SigningKey.of(pem(keys["P-384"]), "RS256")
    assert caught.value.failure.next_step == "--signing-algorithm ES384"


def test_no_algorithm_at_all_is_no_algorithm(keys):
    with pytest.raises(ConfigurationError):
        SigningKey.of(pem(keys["P-256"]), "none")


def test_a_missing_key_file_names_its_path_and_the_option(tmp_path):
    with pytest.raises(ConfigurationError, match=r"missing\.pem cannot be read: No such file") as caught:
        read_key_file(str(tmp_path / "missing.pem"))
    assert caught.value.failure.next_step == "--private-key-file FILE"


def test_a_key_file_that_is_no_text_says_so(tmp_path):
    path = tmp_path / "key.der"
    path.write_bytes(b"\x30\x82\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is no text"):
        read_key_file(str(path))


def test_a_key_file_is_read_as_it_is(tmp_path, keys):
    path = tmp_path / "key.pem"
    path.write_text(pem(keys["P-256"]))
    assert SigningKey.of(read_key_file(str(path))).algorithm == "ES256"


def test_no_repr_and_no_error_shows_a_secret(keys):
    text = pem(keys["P-256"])
    key = SigningKey.of(text)
    body = text.splitlines()[1]
    assert body not in repr(key)
    assert SECRET not in repr(client(SECRET))
    members = keys["P-384"].as_dict(private=True)
    SigningKey.of(json.dumps(members))
    assert members["d"] not in redactor().text(f"key {members['d']}")
    assertion = client_assertion(key, "c", ISSUER)
    assert assertion not in redactor().text(f"client_assertion is {assertion}")


# Which method


@pytest.mark.parametrize("method", METHODS)
def test_a_configured_method_is_taken_whatever_the_server_says(keys, method):
    key = SigningKey.of(pem(keys["P-256"]))
    assert choose_method(client(SECRET), ("tls_client_auth",), method, key=key) == method


def test_a_registered_method_is_taken_before_an_advertised_one():
    registered = client(SECRET, "registered", "client_secret_post")
    assert choose_method(registered, ("client_secret_basic",)) == "client_secret_post"


def test_a_method_registered_without_the_secret_it_needs_is_not_taken():
    assert choose_method(client(None, "registered", "client_secret_basic"), None) == "none"


@pytest.mark.parametrize(
    ("supported", "secret", "chosen"),
    [
        (None, SECRET, "client_secret_basic"),
        (None, None, "none"),
        (("client_secret_post", "client_secret_basic"), SECRET, "client_secret_basic"),
        (("client_secret_post",), SECRET, "client_secret_post"),
        (("client_secret_jwt", "none"), SECRET, "client_secret_jwt"),
        (("none",), SECRET, "none"),
        (("client_secret_basic",), None, "none"),
    ],
)
def test_else_the_server_s_methods_decide(supported, secret, chosen):
    assert choose_method(client(secret), supported) == chosen


def test_a_private_key_is_used_where_the_server_takes_one(keys):
    key = SigningKey.of(pem(keys["P-256"]))
    assert choose_method(client(SECRET), ("client_secret_basic", "private_key_jwt"), key=key) == "private_key_jwt"
    assert choose_method(client(), None, key=key) == "private_key_jwt"
    assert choose_method(client(SECRET), None, key=key) == "client_secret_basic"


def test_no_method_in_common_names_both_sides_and_the_option():
    with pytest.raises(ConfigurationError, match="takes tls_client_auth .* can do client_secret_basic") as caught:
        choose_method(client(SECRET), ("tls_client_auth",))
    assert caught.value.failure.class_ == "token_exchange_failed"
    assert caught.value.failure.next_step == "--token-endpoint-auth-method client_secret_basic"


def test_an_unknown_method_suggests_the_nearest():
    with pytest.raises(ConfigurationError, match="'client_secret_pst'") as caught:
        choose_method(client(SECRET), None, "client_secret_pst")
    assert caught.value.failure.next_step == "--token-endpoint-auth-method client_secret_post"


@pytest.mark.parametrize(("method", "missing"), [("client_secret_basic", "secret"), ("private_key_jwt", "private key")])
def test_a_configured_method_without_its_means_says_what_is_missing(method, missing):
    with pytest.raises(ConfigurationError, match=f"needs the client's {missing}"):
        choose_method(client(), None, method)


@pytest.mark.parametrize(
    ("supported", "asked"),
    [
        (None, "none"),
        (("client_secret_basic", "none"), "none"),
        (("client_secret_post", "client_secret_basic"), "client_secret_basic"),
        (("private_key_jwt",), "none"),
    ],
)
def test_a_registration_asks_for_no_secret_unless_the_server_takes_only_secrets(supported, asked):
    assert method_to_register(supported) == asked
    assert method_to_register(supported, "client_secret_post") == "client_secret_post"
