"""A server that lists its tools to everyone and refuses a call: what that refusal says is what a login goes by."""

from __future__ import annotations

import json
from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import pytest
from support.flow import server_document
from support.odd_http import Response

from mcp_magics.connection.manager import servers

ENDPOINTS = {"authorization": "authorize", "token": "token", "registration": "register"}


@pytest.fixture
def shut(nothing_leaks, shell, odd):
    """Such a server is added; its challenge leads to where its documents are, beside every well-known place."""
    base = odd.url.removesuffix("/mcp")
    endpoints = {f"{name}_endpoint": f"{base}/{path}" for name, path in ENDPOINTS.items()}
    metadata = server_document(issuer=base, revocation_endpoint=None, **endpoints)
    documents = {
        "/kept/elsewhere": {"resource": odd.url, "authorization_servers": [base], "scopes_supported": ["all"]},
        "/.well-known/oauth-authorization-server": metadata,
    }

    def document(asked):
        found = documents.get(asked.path)
        return (
            Response(405 if asked.path == "/mcp" else 404)
            if found is None
            else Response(body=json.dumps(found).encode())
        )

    challenge = f'Bearer scope="tools:call", resource_metadata="{base}/kept/elsewhere"'
    odd.on["tools/call"] = lambda _asked: Response(401, headers={"www-authenticate": challenge})
    odd.on["GET"] = document
    odd.on["POST"] = lambda _asked: Response(201, json.dumps({"client_id": "registered"}).encode())
    shell(f"%mcp add shut {odd.url} --quiet")
    return odd


def test_the_login_follows_the_challenge_of_the_refused_call(shell, shut):
    error = shell.fails("%mcp call shut.echo text=x", "auth_required")
    assert error.failure.next_step == "%mcp login shut"
    job = shell.value("job = %mcp login shut --no-wait\njob")
    asked = parse_qs(urlsplit(job.url).query)
    assert asked["scope"] == ["tools:call"]
    assert asked["resource"] == [shut.url]
    shell("job.cancel()")


def test_the_refusal_is_remembered_when_the_server_is_connected_anew(shell, shut):
    shell.fails("%mcp call shut.echo text=x", "auth_required")
    shell("%mcp restart shut")
    measured = servers["shut"].status.measured
    assert (measured.requirement, measured.refused) == ("required", "tools/call")
    assert measured.found.resource is not None
    assert measured.found.resource.url.endswith("/kept/elsewhere")


def test_where_nothing_is_published_the_refused_call_is_no_server_that_works_without_a_login(shell, shut):
    shut.on["tools/call"] = lambda _asked: Response(401, headers={"www-authenticate": "Bearer"})
    shut.on["GET"] = lambda _asked: Response(404)
    shut.on["POST"] = lambda _asked: Response(404)
    shell("%mcp restart shut")
    shell.fails("%mcp call shut.echo text=x", "auth_required")
    error = shell.fails("%mcp login shut --no-wait", "no_oauth_metadata")
    assert "asks for authorization" in error.failure.message
    assert shut.asked[-1].path == "/register"


def refusing(asked):
    if "authorization" in {name.lower() for name in asked.headers}:
        return None
    error = {"code": -32001, "message": "Unauthorized"}
    return Response(body=json.dumps({"jsonrpc": "2.0", "id": asked.rpc_id, "error": error}).encode())


def test_a_server_that_says_unauthorized_with_200_and_publishes_documents_requires_a_login(shell, shut):
    for method in ("server/discover", "initialize", "notifications/initialized", "tools/list"):
        shut.on[method] = refusing
    base = shut.url.removesuffix("/mcp")
    published = shut.on["GET"]
    shut.on["GET"] = lambda asked: published(
        replace(asked, path="/kept/elsewhere") if "protected-resource" in asked.path else asked
    )
    error = shell.fails("%mcp restart shut", "auth_required")
    assert error.failure.next_step == "%mcp login shut"
    assert "-32001: Unauthorized" in str(error)
    measured = servers["shut"].status.measured
    assert (measured.requirement, measured.refused) == ("required", "initialize")
    assert any("-32001: Unauthorized" in line for line in measured.evidence)
    job = shell.value("job = %mcp login shut --no-wait\njob")
    assert job.url.startswith(f"{base}/authorize")
    shell("job.cancel()")


def test_where_it_publishes_nothing_what_it_requires_is_unknown(shell, shut):
    for method in ("server/discover", "initialize", "notifications/initialized", "tools/list"):
        shut.on[method] = refusing
    shut.on["GET"] = lambda _asked: Response(404)
    shell.fails("%mcp restart shut", "initialize_refused")
    measured = servers["shut"].status.measured
    assert measured.requirement == "unknown"
    assert any("-32001: Unauthorized" in line for line in measured.evidence)
