"""The protected server L2 and its authorization server, walked through one plain HTTP request at a time."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import anyio
import httpx2
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet
from mcp import Client
from mcp.client.streamable_http import streamable_http_client
from support.visitor import CALLBACK, Visitor, came_back, challenge, challenge_of, structured, visiting

SERVICE = ("playground-service", "playground-service-secret")


@pytest.fixture(scope="module")
def l2() -> Iterator[Visitor]:
    """One visitor for the whole file, whose client is registered."""
    with visiting() as visitor:
        visitor.register()
        yield visitor


@pytest.fixture
def tokens(l2: Visitor) -> dict[str, Any]:
    return l2.login()


def claims(l2: Visitor, token: str) -> dict[str, Any]:
    keys = KeySet.import_key_set(l2.http.get(f"{l2.issuer}/jwks").json())
    return jwt.decode(token, keys, algorithms=["Ed25519"]).claims


# --- being asked for a token -----------------------------------------------------------------------------------------


def test_a_request_without_a_token_is_401_and_names_the_metadata_and_the_scope(l2: Visitor) -> None:
    refused = l2.call("whoami")
    assert refused.status_code == 401
    assert refused.headers["www-authenticate"].startswith("Bearer ")
    assert challenge(refused) == {
        "resource_metadata": f"{l2.origin}/.well-known/oauth-protected-resource/mcp",
        "scope": "shop:read",
    }


def test_the_metadata_leads_from_the_resource_to_an_authorization_server_on_another_port(l2: Visitor) -> None:
    resource, server = l2.resource_metadata().json(), l2.server_metadata().json()
    assert resource["resource"] == l2.mcp
    assert resource["authorization_servers"] == [server["issuer"]] == [l2.issuer]
    assert httpx2.URL(l2.issuer).port != httpx2.URL(l2.mcp).port
    assert server["code_challenge_methods_supported"] == ["S256"]
    assert server["authorization_response_iss_parameter_supported"] is True
    assert server["client_id_metadata_document_supported"] is True


@pytest.mark.parametrize("token", ["nonsense", "a.b.c"])
def test_a_token_that_is_none_is_invalid(l2: Visitor, token: str) -> None:
    refused = l2.call("whoami", token=token)
    assert refused.status_code == 401
    assert challenge(refused)["error"] == "invalid_token"


# --- the code flow ---------------------------------------------------------------------------------------------------


def test_an_approved_request_brings_back_a_code_the_state_and_the_issuer(l2: Visitor) -> None:
    answer = l2.approve()
    assert answer.keys() == {"code", "state", "iss"}
    assert (answer["state"], answer["iss"]) == ("a state", l2.issuer)


def test_a_denied_request_brings_back_the_error_with_the_state_and_the_issuer(l2: Visitor) -> None:
    answer = came_back(l2.decide(l2.authorize(), "deny"))
    assert answer["error"] == "access_denied"
    assert answer["error_description"] == "The request was denied on the consent page."
    assert (answer["state"], answer["iss"]) == ("a state", l2.issuer)


def test_a_code_becomes_tokens_for_this_resource(l2: Visitor, tokens: dict[str, Any]) -> None:
    assert (tokens["token_type"], tokens["scope"], tokens["expires_in"]) == ("Bearer", "shop:read", 3600)
    said = claims(l2, tokens["access_token"])
    assert (said["iss"], said["aud"], said["scope"]) == (l2.issuer, l2.mcp, "shop:read")
    assert said["client_id"] == l2.client["client_id"]
    assert said["exp"] - said["iat"] == 3600
    assert said.keys() >= {"sub", "jti"}


def test_the_token_opens_the_server_and_whoami_tells_whose_it_is(l2: Visitor, tokens: dict[str, Any]) -> None:
    told = structured(l2.call("whoami", token=tokens["access_token"]))
    assert told["anonymous"] is False
    assert told["client"] == l2.client["client_id"]
    assert told["scopes"] == ["shop:read"]
    assert told["subject"] == claims(l2, tokens["access_token"])["sub"]


def test_the_sdk_client_calls_it_in_both_eras(l2: Visitor, tokens: dict[str, Any], era: str) -> None:
    async def main() -> Any:
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        async with (
            httpx2.AsyncClient(headers=headers) as http,
            Client(streamable_http_client(l2.mcp, http_client=http), mode=era) as client,
        ):
            names = [tool.name for tool in (await client.list_tools()).tools]
            return names, (await client.call_tool("whoami")).structured_content

    names, told = anyio.run(main)
    assert names == ["whoami", "read_stock", "place_order"]
    assert told["client"] == l2.client["client_id"]


def test_a_code_is_good_once_and_a_second_use_revokes_what_it_brought(l2: Visitor) -> None:
    code = l2.approve()["code"]
    first = l2.exchange(code).json()
    assert l2.call("whoami", token=first["access_token"]).status_code == 200
    again = l2.exchange(code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert l2.call("whoami", token=first["access_token"]).status_code == 401
    assert l2.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_verifier": "another-verifier-of-at-least-forty-three-characters"}, "invalid_grant"),
        ({"code_verifier": None}, "invalid_request"),
        ({"redirect_uri": f"{CALLBACK}2"}, "invalid_grant"),
        ({"resource": None}, "invalid_target"),
        ({"resource": "http://127.0.0.1:1/mcp"}, "invalid_target"),
        ({"code": "no-such-code"}, "invalid_grant"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"client_id": None}, "invalid_client"),
        ({"client_secret": "none-was-issued"}, "invalid_client"),
    ],
    ids=str,
)
def test_an_exchange_that_is_not_in_order_is_refused_by_name(l2: Visitor, changes: Any, error: str) -> None:
    answer = l2.exchange(l2.approve()["code"], **changes)
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"code_challenge": None}, "invalid_request"),
        ({"code_challenge_method": "plain"}, "invalid_request"),
        ({"resource": None}, "invalid_target"),
        ({"scope": "shop:read shop:steal"}, "invalid_scope"),
        ({"response_type": "token"}, "unsupported_response_type"),
    ],
    ids=str,
)
def test_a_request_that_is_not_in_order_is_sent_back_by_name(l2: Visitor, changes: Any, error: str) -> None:
    answer = came_back(l2.authorize(**changes))
    assert (answer["error"], answer["state"], answer["iss"]) == (error, "a state", l2.issuer)


def test_a_resource_is_named_exactly_once(l2: Visitor) -> None:
    assert came_back(l2.authorize(resource=[l2.mcp, l2.mcp]))["error"] == "invalid_target"
    assert l2.exchange(l2.approve()["code"], resource=[l2.mcp, l2.mcp]).json()["error"] == "invalid_target"
    refresh_token = l2.login()["refresh_token"]
    assert l2.refresh(refresh_token, resource=None).json()["error"] == "invalid_target"
    assert l2.refresh(refresh_token).status_code == 200


@pytest.mark.parametrize("changes", [{"client_id": "nobody"}, {"redirect_uri": "http://127.0.0.1:5555/other"}], ids=str)
def test_a_wrong_client_or_redirect_is_told_on_a_page_and_nowhere_else(l2: Visitor, changes: Any) -> None:
    answer = l2.authorize(**changes)
    assert answer.status_code == 400
    assert "location" not in answer.headers
    assert answer.headers["content-type"].startswith("text/html")


# --- the consent page ------------------------------------------------------------------------------------------------


def test_the_page_names_client_scopes_resource_and_where_it_leads_and_escapes_them_all() -> None:
    with visiting() as l2:
        l2.register(client_name='<script>alert("x")</script>')
        page = l2.authorize(scope="shop:read shop:write")
        assert "<script" not in page.text
        assert "&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt;" in page.text
        assert all(word in page.text for word in ("shop:read", "shop:write", l2.mcp, "127.0.0.1:5555"))
        assert "default-src 'none'" in page.headers["content-security-policy"]
        wrong = l2.authorize(redirect_uri="http://127.0.0.1/<img src=x>")
        assert "<img" not in wrong.text
        assert "&lt;img" in wrong.text


def test_a_page_is_decided_once(l2: Visitor) -> None:
    page = l2.authorize()
    assert l2.decide(page).status_code == 303
    assert l2.decide(page).status_code == 400


# --- refresh and revocation ------------------------------------------------------------------------------------------


def test_a_refresh_token_is_replaced_by_each_use(l2: Visitor, tokens: dict[str, Any]) -> None:
    fresh = l2.refresh(tokens["refresh_token"]).json()
    assert fresh["refresh_token"] != tokens["refresh_token"]
    assert fresh["access_token"] != tokens["access_token"]
    assert l2.call("whoami", token=fresh["access_token"]).status_code == 200
    assert l2.refresh(fresh["refresh_token"]).status_code == 200


def test_a_refresh_token_used_again_revokes_the_whole_family(l2: Visitor, tokens: dict[str, Any]) -> None:
    fresh = l2.refresh(tokens["refresh_token"]).json()
    again = l2.refresh(tokens["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    assert l2.refresh(fresh["refresh_token"]).json()["error"] == "invalid_grant"
    assert l2.call("whoami", token=fresh["access_token"]).status_code == 401


def test_a_refresh_may_ask_for_less_and_never_for_more(l2: Visitor) -> None:
    tokens = l2.login(scope="shop:read shop:write")
    less = l2.refresh(tokens["refresh_token"], scope="shop:read").json()
    assert less["scope"] == "shop:read"
    whole = l2.refresh(less["refresh_token"]).json()
    assert whole["scope"] == "shop:read shop:write"
    assert l2.refresh(whole["refresh_token"], scope="offline_access").json()["error"] == "invalid_scope"


def test_a_revoked_refresh_token_takes_all_that_came_of_it_along(l2: Visitor, tokens: dict[str, Any]) -> None:
    form = {"token": tokens["refresh_token"], "client_id": l2.client["client_id"]}
    assert l2.http.post(f"{l2.issuer}/revoke", data=form).status_code == 200
    assert l2.call("whoami", token=tokens["access_token"]).status_code == 401
    assert l2.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_a_revoked_access_token_goes_alone_and_an_unknown_one_is_no_error(l2: Visitor, tokens: dict[str, Any]) -> None:
    for token in (tokens["access_token"], "never-issued"):
        form = {"token": token, "client_id": l2.client["client_id"]}
        assert l2.http.post(f"{l2.issuer}/revoke", data=form).status_code == 200
    assert l2.call("whoami", token=tokens["access_token"]).status_code == 401
    assert l2.refresh(tokens["refresh_token"]).status_code == 200


def test_only_its_own_client_revokes_a_token(l2: Visitor, tokens: dict[str, Any]) -> None:
    answer = l2.http.post(f"{l2.issuer}/revoke", data={"token": tokens["access_token"]}, auth=SERVICE)
    assert answer.status_code == 200
    assert l2.call("whoami", token=tokens["access_token"]).status_code == 200


# --- scopes ----------------------------------------------------------------------------------------------------------


def test_a_call_that_needs_another_scope_is_403_and_names_it(l2: Visitor, tokens: dict[str, Any]) -> None:
    assert l2.call("read_stock", token=tokens["access_token"]).status_code == 200
    refused = l2.call("place_order", {"item": "tea"}, token=tokens["access_token"])
    assert refused.status_code == 403
    told = challenge(refused)
    assert (told["error"], told["scope"]) == ("insufficient_scope", "shop:write")


def test_a_token_with_that_scope_places_the_order(l2: Visitor) -> None:
    token = l2.login(scope="shop:read shop:write")["access_token"]
    before = structured(l2.call("read_stock", token=token))["tea"]
    assert structured(l2.call("place_order", {"item": "tea", "quantity": 2}, token=token))["left"] == before - 2


def test_a_scope_hidden_behind_a_megabyte_is_still_needed(l2: Visitor, tokens: dict[str, Any]) -> None:
    refused = l2.call("place_order", {"item": "x" * 1_100_000}, token=tokens["access_token"])
    assert refused.status_code == 403


# --- clients ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["client_secret_basic", "client_secret_post"])
def test_a_confidential_client_shows_its_secret_in_the_way_it_registered(method: str) -> None:
    with visiting() as l2:
        client = l2.register(token_endpoint_auth_method=method).json()
        code = l2.approve()["code"]
        basic = {"auth": (client["client_id"], client["client_secret"]), "client_id": None}
        post = {"client_secret": client["client_secret"]}
        right, wrong = (basic, post) if method == "client_secret_basic" else (post, basic)
        assert l2.exchange(code, **wrong).json()["error"] == "invalid_client"
        assert l2.exchange(code).json()["error"] == "invalid_client"
        assert l2.exchange(code, **right).status_code == 200


@pytest.mark.parametrize(
    ("metadata", "error"),
    [
        ({"redirect_uris": []}, "invalid_redirect_uri"),
        ({"redirect_uris": ["http://elsewhere.example/cb"]}, "invalid_redirect_uri"),
        ({"redirect_uris": ["javascript:alert(1)"]}, "invalid_redirect_uri"),
        ({"token_endpoint_auth_method": "private_key_jwt"}, "invalid_client_metadata"),
        ({"grant_types": ["password"]}, "invalid_client_metadata"),
    ],
    ids=str,
)
def test_a_registration_that_asks_too_much_is_refused_by_name(l2: Visitor, metadata: Any, error: str) -> None:
    known = l2.client
    answer = l2.register(**metadata)
    assert (answer.status_code, answer.json()["error"]) == (400, error)
    assert l2.client is known


@pytest.fixture
def document() -> Iterator[dict[str, Any]]:
    """A client metadata document at its own address; the test may change what is served."""
    served: dict[str, Any] = {"client_name": "by its document", "redirect_uris": ["http://127.0.0.1/callback"]}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(served).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        served["client_id"] = f"http://127.0.0.1:{server.server_port}/client.json"
        yield served
        server.shutdown()
        thread.join()


def test_a_client_may_be_the_address_of_its_document(document: dict[str, Any]) -> None:
    with visiting() as l2:
        l2.client = dict(document)
        page = l2.authorize()
        assert "by its document" in page.text
        tokens = l2.exchange(came_back(l2.decide(page))["code"]).json()
        assert structured(l2.call("whoami", token=tokens["access_token"]))["client"] == document["client_id"]


def test_a_document_that_names_another_client_is_refused(l2: Visitor, document: dict[str, Any]) -> None:
    address = document["client_id"]
    document["client_id"] = "http://127.0.0.1/another.json"
    answer = l2.authorize(client_id=address)
    assert answer.status_code == 400
    assert "is not its address" in answer.text


@pytest.mark.parametrize("how", ["basic", "post"])
def test_the_documented_client_gets_tokens_for_itself(l2: Visitor, how: str) -> None:
    form = {"grant_type": "client_credentials", "scope": "shop:write"}
    if how == "basic":
        answer = l2.token(auth=SERVICE, **form)
    else:
        answer = l2.token(client_id=SERVICE[0], client_secret=SERVICE[1], **form)
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    told = structured(l2.call("whoami", token=answer.json()["access_token"]))
    assert (told["subject"], told["scopes"]) == (SERVICE[0], ["shop:write"])


def test_a_wrong_secret_is_401_with_a_basic_challenge(l2: Visitor) -> None:
    answer = l2.token(auth=(SERVICE[0], "guess"), grant_type="client_credentials")
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.headers["www-authenticate"].startswith("Basic ")


def assertion(l2: Visitor, **changes: Any) -> dict[str, str]:
    """The parameters of a client that signs what it is (RFC 7523 §2.2)."""
    key = ECKey.import_key(l2.http.get(f"{l2.issuer}/playground-service-key.pem").content)
    now = int(time.time())
    said = {"iss": "playground-service-key", "sub": "playground-service-key", "aud": l2.issuer, "exp": now + 60}
    said |= {"jti": f"{time.monotonic_ns()}"} | changes
    return {
        "grant_type": "client_credentials",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode({"alg": "ES256"}, said, key),
    }


def test_a_client_may_sign_what_it_is_once(l2: Visitor) -> None:
    signed = assertion(l2)
    answer = l2.token(**signed)
    assert answer.status_code == 200, answer.text
    assert structured(l2.call("whoami", token=answer.json()["access_token"]))["client"] == "playground-service-key"
    assert l2.token(**signed).json()["error"] == "invalid_client"


@pytest.mark.parametrize("changes", [{"aud": "https://another.example"}, {"exp": 1}, {"iss": "someone else"}], ids=str)
def test_an_assertion_about_something_else_is_refused(l2: Visitor, changes: Any) -> None:
    assert l2.token(**assertion(l2, **changes)).json()["error"] == "invalid_client"


def identity_assertion(l2: Visitor, **changes: Any) -> httpx2.Response:
    """The ID token of an employee exchanged at the identity provider."""
    form = {
        "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
        "requested_token_type": "urn:ietf:params:oauth:token-type:id-jag",
        "audience": l2.issuer,
        "resource": l2.mcp,
        "scope": "shop:write",
        "subject_token": l2.http.get(f"{l2.issuer}/idp/id_token").json()["id_token"],
        "subject_token_type": "urn:ietf:params:oauth:token-type:id_token",
        "client_id": SERVICE[0],
    }
    return l2.http.post(f"{l2.issuer}/idp/token", data=form | changes)


JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def test_an_employee_gets_in_without_a_consent_page(l2: Visitor, tokens: dict[str, Any]) -> None:
    made = identity_assertion(l2).json()
    assert (made["issued_token_type"], made["token_type"]) == ("urn:ietf:params:oauth:token-type:id-jag", "N_A")
    answer = l2.token(auth=SERVICE, grant_type=JWT_BEARER, assertion=made["access_token"])
    assert answer.status_code == 200, answer.text
    assert "refresh_token" not in answer.json()
    told = structured(l2.call("whoami", token=answer.json()["access_token"]))
    person = structured(l2.call("whoami", token=tokens["access_token"]))["subject"]
    assert (told["subject"], told["client"], told["scopes"]) == (person, SERVICE[0], ["shop:write"])
    again = l2.token(auth=SERVICE, grant_type=JWT_BEARER, assertion=made["access_token"])
    assert again.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"audience": "https://another.example"}, "invalid_target"),
        ({"subject_token": "nonsense"}, "invalid_request"),
        ({"subject_token_type": "urn:ietf:params:oauth:token-type:saml2"}, "invalid_request"),
        ({"grant_type": "authorization_code"}, "unsupported_grant_type"),
    ],
    ids=str,
)
def test_the_identity_provider_refuses_what_it_does_not_do(l2: Visitor, changes: Any, error: str) -> None:
    assert identity_assertion(l2, **changes).json()["error"] == error


def test_an_assertion_of_someone_else_or_for_another_client_or_resource_is_refused(l2: Visitor) -> None:
    id_token = l2.http.get(f"{l2.issuer}/idp/id_token").json()["id_token"]
    for assertion in (
        "nonsense",
        id_token,
        identity_assertion(l2, client_id="playground-desktop").json()["access_token"],
        identity_assertion(l2, resource="http://127.0.0.1:1/mcp").json()["access_token"],
    ):
        answer = l2.token(auth=SERVICE, grant_type=JWT_BEARER, assertion=assertion)
        assert answer.json()["error"] == "invalid_grant"


def test_a_client_without_registration_may_practise(l2: Visitor) -> None:
    elsewhere = "http://127.0.0.1:6666/callback/abc"
    answer = l2.authorize(client_id="playground-desktop", redirect_uri=elsewhere)
    assert answer.status_code == 200
    assert l2.authorize(client_id="playground-desktop", redirect_uri="http://elsewhere.example/").status_code == 400


# --- what it remembers, what it repeats ------------------------------------------------------------------------------


def test_both_servers_remember_what_they_were_asked_and_no_secret() -> None:
    with visiting() as l2:
        tokens = l2.login()
        l2.call("whoami")
        l2.call("whoami", token=tokens["access_token"])
        asked, seen = l2.asked(), l2.seen()
        jti = claims(l2, tokens["access_token"])["jti"]
    assert [(each["endpoint"], each["method"], each["status"]) for each in asked] == [
        ("register", "POST", 201),
        ("authorize", "GET", 200),
        ("authorize", "POST", 303),
        ("token", "POST", 200),
    ]
    exchange = asked[-1]["parameters"]
    assert exchange["resource"] == [l2.mcp]
    assert exchange["grant_type"] == ["authorization_code"]
    assert exchange["code"] == exchange["code_verifier"] == ["(sent)"]
    assert [(each["tool"], each["authorization"], each["token"], each["status"]) for each in seen] == [
        ("whoami", None, None, 401),
        ("whoami", "Bearer", {"jti": jti}, 200),
    ]
    assert tokens["access_token"] not in json.dumps(seen)


@pytest.mark.parametrize("form", ["jwt", "opaque"])
def test_the_same_seed_makes_the_same_clients_codes_and_tokens(form: str) -> None:
    def walk(seed: int) -> tuple[Any, ...]:
        with visiting(seed=seed, tokens=form) as l2:
            answer = l2.register().json(), l2.approve()
            tokens = l2.exchange(answer[1]["code"]).json()
            told = structured(l2.call("whoami", token=tokens["access_token"]))
            access = tokens["access_token"] if form == "opaque" else claims(l2, tokens["access_token"])["jti"]
            return answer[0]["client_id"], answer[1]["code"], access, tokens["refresh_token"], told["subject"]

    first, again, other = walk(3), walk(3), walk(4)
    assert first == again
    assert not set(first) & set(other)


def test_an_opaque_token_says_nothing_and_works() -> None:
    with visiting(tokens="opaque") as l2:
        token = l2.login()["access_token"]
        assert "." not in token
        assert l2.call("whoami", token=token).status_code == 200


def test_a_token_expires_when_it_says() -> None:
    with visiting(expiry=1) as l2:
        tokens = l2.login()
        assert tokens["expires_in"] == 1
        deadline = time.monotonic() + 10
        while (answer := l2.call("whoami", token=tokens["access_token"])).status_code == 200:
            assert time.monotonic() < deadline
        assert challenge(answer)["error_description"] == "The access token expired"
        assert l2.refresh(tokens["refresh_token"]).status_code == 200


def test_a_token_for_another_resource_is_not_taken(l2: Visitor) -> None:
    with visiting("l1") as l1:  # the same seed: the same key signs
        foreign = l1.login()["access_token"]
        assert l1.call("whoami", token=foreign).status_code == 200
    assert l2.call("whoami", token=foreign).status_code == 401


def test_challenges_are_computed_as_in_the_appendix_of_rfc_7636() -> None:
    from mcp_magics.playground.authorization.codes import s256

    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert s256(verifier) == challenge_of(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


# --- other people's clients ------------------------------------------------------------------------------------------


class _Kept:
    """What the SDK's client keeps between requests."""

    def __init__(self) -> None:
        self.tokens: Any = None
        self.client: Any = None

    async def get_tokens(self) -> Any:
        return self.tokens

    async def set_tokens(self, tokens: Any) -> None:
        self.tokens = tokens

    async def get_client_info(self) -> Any:
        return self.client

    async def set_client_info(self, client: Any) -> None:
        self.client = client


@pytest.mark.parametrize("fault", ["none", "legacy-2025-03-26", "get-200", "no-www-authenticate"])
def test_the_client_of_the_sdk_logs_in_by_itself_and_steps_up(fault: str, era: str) -> None:
    from mcp.client.auth import OAuthClientProvider
    from mcp.shared.auth import AuthorizationCodeResult, OAuthClientMetadata

    with visiting(fault=fault) as l2:
        answers: list[dict[str, str]] = []

        async def browse(address: str) -> None:
            answers.append(came_back(l2.decide(l2.http.get(address))))

        async def answered() -> AuthorizationCodeResult:
            last = answers[-1]
            return AuthorizationCodeResult(code=last["code"], state=last["state"], iss=last["iss"])

        async def main() -> Any:
            metadata = OAuthClientMetadata(redirect_uris=[CALLBACK], token_endpoint_auth_method="none")
            provider = OAuthClientProvider(
                l2.mcp, metadata, _Kept(), redirect_handler=browse, callback_handler=answered
            )
            async with (
                httpx2.AsyncClient(auth=provider) as http,
                Client(streamable_http_client(l2.mcp, http_client=http), mode=era) as client,
            ):
                await client.list_tools()  # the SDK's client either logs in or steps up in one request, not both
                await client.call_tool("place_order", {"item": "tea"})
                return (await client.call_tool("whoami")).structured_content

        assert "shop:write" in anyio.run(main)["scopes"]
        assert len(answers) == (2 if fault in ("none", "get-200") else 1)  # without a challenge it asks for everything
