"""Proofs of possession (RFC 9449): what is in them, when a nonce is wanted, and what they keep to themselves."""

from __future__ import annotations

import json

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from mcp_magics.auth.dpop import (
    dpop_proof,
    given_nonce,
    new_key,
    target,
    thumbprint,
    token_hash,
    wants_nonce,
    with_proof,
)
from mcp_magics.auth.message import Answer, Ask
from mcp_magics.errors import ConfigurationError
from mcp_magics.redact import redactor

PUBLIC = {
    "kty": "EC",
    "x": "l8tFrhx-34tV3hRICRDY9zCkDlpBhF42UQUfWVAWBFs",
    "y": "9VE4jf_Ok_o64zbTTlcuNJajHmt6v9TDVrU0CdvGRDA",
    "crv": "P-256",
}
"""The key of the examples of RFC 9449 §4.1."""
TOKEN = "https://server.example.com/token"
CHALLENGE = 'DPoP error="use_dpop_nonce", error_description="Resource server requires nonce in DPoP proof"'


@pytest.fixture(scope="module")
def key():
    return new_key()


def decoded(proof):
    header = json.loads(_part(proof, 0))
    return jwt.decode(proof, ECKey.import_key(header["jwk"]), algorithms=["ES256"])


def _part(token, index):
    from base64 import urlsafe_b64decode

    text = token.split(".")[index]
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def test_the_hash_of_an_access_token_is_that_of_the_rfc():
    token = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU"
    assert token_hash(token) == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo"


def test_the_thumbprint_of_a_key_is_that_of_the_rfc():
    assert thumbprint(json.dumps(PUBLIC)) == "0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I"


def test_a_proof_says_method_and_address_and_is_signed_by_the_key_in_its_header(key):
    token = decoded(dpop_proof(key, "post", TOKEN))
    assert (token.header["typ"], token.header["alg"]) == ("dpop+jwt", "ES256")
    assert set(token.header["jwk"]) == {"kty", "crv", "x", "y"}
    assert set(token.claims) == {"jti", "htm", "htu", "iat"}
    assert (token.claims["htm"], token.claims["htu"]) == ("POST", TOKEN)


def test_a_proof_is_bound_to_the_token_and_carries_the_nonce(key):
    claims = decoded(dpop_proof(key, "GET", "https://r.example/mcp", "eyJ7S_zG.eyJH0-Z", "an-access-token")).claims
    assert claims["ath"] == token_hash("an-access-token")
    assert claims["nonce"] == "eyJ7S_zG.eyJH0-Z"


def test_no_two_proofs_are_the_same(key):
    proofs = [decoded(dpop_proof(key, "GET", TOKEN)).claims["jti"] for _ in range(50)]
    assert len(set(proofs)) == 50


@pytest.mark.parametrize(
    ("url", "htu"),
    [
        ("https://Server.Example.com/token?a=1&b#f", "https://server.example.com/token"),
        ("https://server.example.com", "https://server.example.com/"),
        ("https://server.example.com:443/a/B%20c/", "https://server.example.com/a/B%20c/"),
        ("http://127.0.0.1:80/x", "http://127.0.0.1/x"),
        ("http://[::1]:8080/mcp?x", "http://[::1]:8080/mcp"),
        ("https://user:word@h.example/p", "https://h.example/p"),
    ],
)
def test_the_address_in_a_proof_has_no_query_and_no_fragment(url, htu):
    assert target(url) == htu


def test_a_request_carries_one_proof_and_a_second_attempt_replaces_it(key):
    ask = with_proof(Ask("POST", TOKEN + "?x=1", (("accept", "*/*"),)), key)
    again = with_proof(ask, key, "n0nce")
    assert [name for name, _ in again.headers] == ["accept", "dpop"]
    assert decoded(dict(again.headers)["dpop"]).claims["nonce"] == "n0nce"
    assert "nonce" not in decoded(dict(ask.headers)["dpop"]).claims


def test_a_token_endpoint_asks_for_a_nonce_with_400():
    answer = Answer(TOKEN, 400, {"dpop-nonce": "eyJ7S_zG"}, b'{"error": "use_dpop_nonce"}')
    assert wants_nonce(answer) == "eyJ7S_zG"


def test_a_resource_server_asks_for_a_nonce_with_401():
    headers = {"dpop-nonce": "eyJ7S_zG", "www-authenticate": f"Bearer realm=x, {CHALLENGE}"}
    assert wants_nonce(Answer("https://r.example/mcp", 401, headers)) == "eyJ7S_zG"


@pytest.mark.parametrize(
    "answer",
    [
        Answer(TOKEN, 400, {}, b'{"error": "use_dpop_nonce"}'),
        Answer(TOKEN, 400, {"dpop-nonce": "n"}, b'{"error": "invalid_grant"}'),
        Answer(TOKEN, 400, {"dpop-nonce": "n"}, b"<html>use_dpop_nonce"),
        Answer(TOKEN, 401, {"dpop-nonce": "n", "www-authenticate": 'Bearer error="use_dpop_nonce"'}),
        Answer(TOKEN, 401, {"dpop-nonce": "n", "www-authenticate": 'DPoP error="invalid_token"'}),
        Answer(TOKEN, 401, {"dpop-nonce": "n"}),
        Answer(TOKEN, 200, {"dpop-nonce": "n"}, b'{"error": "use_dpop_nonce"}'),
        Answer(TOKEN, 400, {"dpop-nonce": "two words"}, b'{"error": "use_dpop_nonce"}'),
        Answer(TOKEN, 400, {"dpop-nonce": "n" * 5000}, b'{"error": "use_dpop_nonce"}'),
        Answer(TOKEN),
    ],
)
def test_no_other_answer_asks_for_a_nonce(answer):
    assert wants_nonce(answer) is None


def test_a_nonce_on_any_answer_is_there_for_the_next_request():
    assert given_nonce(Answer(TOKEN, 200, {"dpop-nonce": "n-2"})) == "n-2"
    assert given_nonce(Answer(TOKEN, 200)) is None


def test_the_private_part_of_a_new_key_is_known_as_a_secret(key):
    private = json.loads(key)["d"]
    assert private not in redactor().text(f"the key is {private}")
    assert private not in str(json.loads(_part(dpop_proof(key, "GET", TOKEN), 0)))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '"x"',
        json.dumps(PUBLIC),
        json.dumps(ECKey.generate_key("P-384", private=True).as_dict(private=True)),
        json.dumps(RSAKey.generate_key(2048, private=True).as_dict(private=True)),
    ],
    ids=["nothing", "empty", "a list", "a string", "a public key", "another curve", "RSA"],
)
def test_a_stored_key_that_is_none_is_an_error_that_does_not_show_it(text):
    with pytest.raises(ConfigurationError, match="DPoP key of this login cannot be used") as caught:
        dpop_proof(text, "GET", TOKEN)
    assert caught.value.failure.class_ == "store_error"
    assert len(text) < 3 or text not in str(caught.value)
