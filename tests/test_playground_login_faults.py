"""What the protected servers do wrong when asked to: each fault, seen from outside."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey
from support.visitor import Visitor, came_back, challenge, rpc, structured, visiting

from mcp_magics.errors import ConfigurationError
from mcp_magics.playground import CATALOGUE, faults_of, host
from mcp_magics.playground.plan import Wanted


def faulty(fault: str, **wanted: Any) -> Any:
    return visiting("l2", fault=fault, **wanted)


# --- documents -------------------------------------------------------------------------------------------------------


def test_another_issuer_stands_in_the_metadata() -> None:
    with faulty("wrong-issuer") as l2:
        assert l2.server_metadata().json()["issuer"] == f"{l2.issuer}/another"
        assert l2.resource_metadata().json()["authorization_servers"] == [l2.issuer]


def test_the_issuer_has_a_slash_in_the_metadata_and_on_callbacks_and_none_elsewhere() -> None:
    with faulty("issuer-slash") as l2:
        assert l2.server_metadata().json()["issuer"] == f"{l2.issuer}/"
        assert l2.resource_metadata().json()["authorization_servers"] == [l2.issuer]
        l2.register()
        assert l2.approve()["iss"] == f"{l2.issuer}/"


def test_another_resource_stands_in_the_metadata() -> None:
    with faulty("wrong-resource") as l2:
        assert l2.resource_metadata().json()["resource"] == f"{l2.origin}/another"


def test_without_pkce_no_challenge_is_advertised_asked_for_or_checked() -> None:
    with faulty("no-pkce") as l2:
        assert "code_challenge_methods_supported" not in l2.server_metadata().json()
        l2.register()
        code = l2.approve(code_challenge=None, code_challenge_method=None)["code"]
        assert l2.exchange(code, code_verifier=None).status_code == 200


def test_without_registration_only_documented_clients_get_in() -> None:
    with faulty("no-registration") as l2:
        metadata = l2.server_metadata().json()
        assert not metadata.keys() & {"registration_endpoint", "client_id_metadata_document_supported"}
        assert l2.register().status_code == 404
        assert l2.authorize(client_id="http://127.0.0.1:1/client.json").status_code == 400
        l2.client = {"client_id": "playground-desktop"}
        assert l2.login()["access_token"]


def test_ten_megabytes_of_metadata() -> None:
    with faulty("huge-metadata") as l2:
        assert len(l2.server_metadata().content) > 10_000_000


def test_an_authorization_server_on_a_link_local_address() -> None:
    with faulty("link-local-metadata") as l2:
        assert l2.resource_metadata().json()["authorization_servers"] == ["http://169.254.169.254/latest"]


@pytest.mark.parametrize(
    ("fault", "endpoint"),
    [("javascript-endpoint", "javascript:alert(1)"), ("plain-http-endpoint", "http://authorize.example/authorize")],
)
def test_an_authorization_endpoint_nobody_should_open(fault: str, endpoint: str) -> None:
    with faulty(fault) as l2:
        assert l2.server_metadata().json()["authorization_endpoint"] == endpoint


def test_a_401_without_a_challenge_leaves_the_documents_to_be_found() -> None:
    with faulty("no-www-authenticate") as l2:
        refused = l2.call("whoami")
        assert refused.status_code == 401
        assert "www-authenticate" not in refused.headers
        assert l2.resource_metadata().json()["authorization_servers"] == [l2.issuer]


def test_a_401_and_no_documents_anywhere() -> None:
    with faulty("no-metadata") as l2:
        assert l2.call("whoami").status_code == 401
        assert l2.resource_metadata().status_code == 404
        assert l2.server_metadata().status_code == 404
        for origin in (l2.origin, l2.issuer):
            for name in ("oauth-protected-resource", "oauth-authorization-server", "openid-configuration"):
                assert l2.http.get(f"{origin}/.well-known/{name}").status_code == 404


def test_metadata_of_an_issuer_with_a_path_at_the_root_only() -> None:
    with faulty("metadata-at-root") as l2:
        assert l2.issuer.endswith("/tenant")
        assert l2.server_metadata().status_code == 404
        root = l2.issuer.removesuffix("/tenant")
        assert l2.http.get(f"{root}/.well-known/oauth-authorization-server").json()["issuer"] == l2.issuer
        assert structured(l2.call("whoami", token=l2.login()["access_token"]))["anonymous"] is False
        assert [each["endpoint"] for each in l2.asked()][-3:] == ["authorize", "authorize", "token"]


def test_as_in_2025_03_26_everything_is_at_the_origin_of_the_server() -> None:
    with faulty("legacy-2025-03-26") as l2:
        refused = l2.call("whoami")
        assert refused.status_code == 401
        assert "resource_metadata" not in challenge(refused)
        assert l2.resource_metadata().status_code == 404
        assert l2.issuer == l2.origin
        assert l2.server_metadata().json()["token_endpoint"] == f"{l2.origin}/token"
        l2.register()
        assert l2.exchange(l2.approve(resource=None)["code"], resource=None).status_code == 200
        assert l2.exchange(l2.approve()["code"], resource="http://127.0.0.1:1/").json()["error"] == "invalid_target"
        assert structured(l2.call("whoami", token=l2.login()["access_token"]))["anonymous"] is False


def test_a_get_is_answered_without_a_token_and_a_post_is_not() -> None:
    with faulty("get-200") as l2:
        answer = l2.http.get(l2.mcp)
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/plain")
        assert l2.send(rpc("tools/list")).status_code == 401


def test_the_resource_metadata_is_status_500() -> None:
    with faulty("prm-500") as l2:
        assert challenge(l2.call("whoami"))["resource_metadata"].startswith(l2.origin)
        assert l2.resource_metadata().status_code == 500


# --- the browser's part ----------------------------------------------------------------------------------------------


def test_an_error_with_markup_in_its_description_comes_back_with_an_address() -> None:
    with faulty("error-description") as l2:
        l2.register()
        answer = came_back(l2.authorize())
        assert answer["error"] == "access_denied"
        assert answer["error_description"] == "a b <b>not today</b>"
        assert answer["error_uri"] == "https://example.org/why?a=1&b=2"
        assert answer["state"] == "a state"


def test_the_advertised_scopes_are_refused_and_none_is_fine() -> None:
    with faulty("scope-rejected") as l2:
        l2.register()
        for scope in l2.resource_metadata().json()["scopes_supported"]:
            assert came_back(l2.authorize(scope=scope))["error"] == "invalid_scope"
        assert l2.login(scope=None)["scope"] == "shop:read"


@pytest.mark.parametrize(
    ("fault", "changed"),
    [
        ("wrong-state", {"state": "nobody-sent-this-state"}),
        ("wrong-iss", {"iss": "https://another.example"}),
        ("no-iss-though-advertised", {"iss": None}),
    ],
)
def test_a_callback_differs_in_one_parameter(fault: str, changed: dict[str, str | None]) -> None:
    with faulty(fault) as l2:
        assert l2.server_metadata().json()["authorization_response_iss_parameter_supported"] is True
        l2.register()
        answer = l2.approve()
        right = {"state": "a state", "iss": l2.issuer}
        assert {name: answer.get(name) for name in right} == right | changed


# --- clients and tokens ----------------------------------------------------------------------------------------------


def test_a_client_is_forgotten_as_soon_as_it_registered() -> None:
    with faulty("invalid-client") as l2:
        assert l2.register().status_code == 201
        page = l2.authorize()
        assert (page.status_code, "invalid_client" in page.text) == (400, True)
        assert l2.exchange("a code").json()["error"] == "invalid_client"


def test_a_stale_client_is_forgotten_once_it_has_tokens_and_may_register_again() -> None:
    with faulty("stale-client") as l2:
        tokens = l2.login()
        answer = l2.refresh(tokens["refresh_token"])
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert l2.authorize().status_code == 400
        stale = l2.client["client_id"]
        l2.register()
        assert l2.client["client_id"] != stale
        assert l2.login()["access_token"]


def test_a_slow_token_endpoint_takes_its_delay() -> None:
    with faulty("slow", delay=0.4) as l2:
        began = time.monotonic()
        l2.login()
        assert time.monotonic() - began >= 0.4


def test_a_page_of_html_where_tokens_should_be() -> None:
    with faulty("token-html") as l2:
        l2.register()
        answer = l2.exchange(l2.approve()["code"])
        assert (answer.status_code, answer.headers["content-type"]) == (502, "text/html; charset=utf-8")


def test_every_code_is_refused_and_says_why() -> None:
    with faulty("invalid-grant") as l2:
        l2.register()
        answer = l2.exchange(l2.approve()["code"])
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
        assert "claims" in answer.json()["error_description"]


def test_no_refresh_token_is_issued() -> None:
    with faulty("no-refresh") as l2:
        assert "refresh_token" not in l2.login(scope="shop:read offline_access")


def test_a_refresh_is_refused_and_the_access_token_stays_good() -> None:
    with faulty("refresh-rejected") as l2:
        tokens = l2.login()
        assert l2.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert l2.call("whoami", token=tokens["access_token"]).status_code == 200


def test_a_token_is_refused_however_fresh() -> None:
    with faulty("rejects-fresh") as l2:
        tokens = l2.login()
        fresh = l2.refresh(tokens["refresh_token"]).json()
        for token in (tokens["access_token"], fresh["access_token"]):
            refused = l2.call("whoami", token=token)
            assert (refused.status_code, challenge(refused)["error"]) == (401, "invalid_token")


def test_a_scope_is_never_enough() -> None:
    with faulty("step-up-loop") as l2:
        token = l2.login(scope="shop:read shop:write offline_access")["access_token"]
        assert l2.call("whoami", token=token).status_code == 200
        for tool, scope in (("read_stock", "shop:read"), ("place_order", "shop:write")):
            refused = l2.call(tool, token=token)
            assert (refused.status_code, challenge(refused)["scope"]) == (403, scope)


# --- proofs of possession --------------------------------------------------------------------------------------------


def proof(key: ECKey, method: str, url: str, **claims: Any) -> str:
    """A DPoP proof (RFC 9449 §4.2)."""
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": key.as_dict(private=False)}
    said = {"htm": method, "htu": url, "iat": int(time.time()), "jti": f"{time.monotonic_ns()}"}
    return jwt.encode(header, said | claims, key)


def ath(token: str) -> str:
    return urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def bound_tokens(l2: Visitor, key: ECKey, **claims: Any) -> dict[str, Any]:
    answer = l2.exchange(l2.approve()["code"], headers={"DPoP": proof(key, "POST", f"{l2.issuer}/token", **claims)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def shown(l2: Visitor, token: str, scheme: str, sent: str | None) -> Any:
    headers = {"Authorization": f"{scheme} {token}", "Accept": "application/json, text/event-stream"}
    headers |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": "tools/call", "Mcp-Name": "whoami"}
    headers |= {"DPoP": sent} if sent else {}
    return l2.http.post(l2.mcp, json=rpc("tools/call", name="whoami", arguments={}), headers=headers)


def test_a_bound_token_is_taken_with_a_proof_of_its_key_and_only_so() -> None:
    key, other = ECKey.generate_key("P-256"), ECKey.generate_key("P-256")
    with faulty("dpop") as l2:
        assert l2.resource_metadata().json()["dpop_bound_access_tokens_required"] is True
        assert l2.call("whoami").headers["www-authenticate"].startswith("DPoP ")
        l2.register()
        assert l2.exchange(l2.approve()["code"]).json()["error"] == "invalid_dpop_proof"
        tokens = bound_tokens(l2, key)
        token = tokens["access_token"]
        assert tokens["token_type"] == "DPoP"
        good = proof(key, "POST", l2.mcp, ath=ath(token))
        assert shown(l2, token, "DPoP", good).status_code == 200
        for scheme, sent in (
            ("Bearer", None),
            ("DPoP", None),
            ("DPoP", good),  # used before
            ("DPoP", proof(key, "POST", l2.mcp)),  # without the hash of the token
            ("DPoP", proof(key, "GET", l2.mcp, ath=ath(token))),
            ("DPoP", proof(key, "POST", l2.issuer, ath=ath(token))),
            ("DPoP", proof(key, "POST", l2.mcp, ath=ath(token), iat=1)),
            ("DPoP", proof(other, "POST", l2.mcp, ath=ath(token))),
            ("DPoP", "nonsense"),
        ):
            refused = shown(l2, token, scheme, sent)
            assert refused.status_code == 401
            assert refused.headers["www-authenticate"].startswith("DPoP ")
        other_key = {"DPoP": proof(other, "POST", f"{l2.issuer}/token")}
        assert l2.refresh(tokens["refresh_token"], headers=other_key).json()["error"] == "invalid_dpop_proof"


def test_each_server_demands_a_nonce_of_its_own() -> None:
    key = ECKey.generate_key("P-256")
    with faulty("dpop-nonce") as l2:
        l2.register()
        code = l2.approve()["code"]
        asked = l2.exchange(code, headers={"DPoP": proof(key, "POST", f"{l2.issuer}/token")})
        assert (asked.status_code, asked.json()["error"]) == (400, "use_dpop_nonce")
        nonce = asked.headers["dpop-nonce"]
        again = l2.exchange(code, headers={"DPoP": proof(key, "POST", f"{l2.issuer}/token", nonce=nonce)})
        token = again.json()["access_token"]
        refused = shown(l2, token, "DPoP", proof(key, "POST", l2.mcp, ath=ath(token), nonce=nonce))
        assert (refused.status_code, challenge(refused)["error"]) == (401, "use_dpop_nonce")
        other = refused.headers["dpop-nonce"]
        assert other != nonce
        assert shown(l2, token, "DPoP", proof(key, "POST", l2.mcp, ath=ath(token), nonce=other)).status_code == 200


def test_a_proof_binds_the_token_where_none_is_demanded_too() -> None:
    key = ECKey.generate_key("P-256")
    with visiting() as l2:
        l2.register()
        token = bound_tokens(l2, key)["access_token"]
        assert l2.call("whoami", token=token).status_code == 401
        assert shown(l2, token, "DPoP", proof(key, "POST", l2.mcp, ath=ath(token))).status_code == 200


# --- faults by name --------------------------------------------------------------------------------------------------


def test_every_fault_says_in_a_line_what_it_does_and_help_lists_it() -> None:
    known = {name: what for server in ("l1", "l2") for name, what in faults_of(server).items()}
    assert all(what and "\n" not in what for what in known.values())
    command = [sys.executable, "-m", "mcp_magics.playground", "--help"]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert [name for name in known if name != "none" and f"\n  {name} " not in told] == []


@pytest.mark.parametrize(
    ("server", "fault", "line"),
    [
        ("l2", "wrong-is", "%mcp playground start l2 --fault wrong-iss"),
        ("l1", "step-up-loop", "%mcp playground start l2 --fault step-up-loop"),
        ("shop", "noise", "%mcp playground start faulty --fault noise"),
    ],
)
def test_a_fault_a_server_does_not_have_is_an_error_with_the_line_to_type(server: str, fault: str, line: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        host.start([server], Wanted(fault=fault))
    assert caught.value.failure.next_step == line


def test_the_command_line_refuses_a_fault_a_server_does_not_have() -> None:
    command = [sys.executable, "-m", "mcp_magics.playground", "l3", "--fault", "wrong-iss"]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "l3 has no fault wrong-iss" in ended.stderr


def test_servers_without_faults_have_none_to_name() -> None:
    assert [name for name in CATALOGUE if set(faults_of(name)) - {"none"}] == ["l1", "l2", "faulty"]
